package dev.millrace.lab.overload;

import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.command.Report;
import dev.millrace.lab.command.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a run has found so far, and which promises hold. Thread-safe. */
final class OverloadFindings {
    /** The binaries that ran and how they were set. */
    final List<String> servers = new CopyOnWriteArrayList<>();

    final List<LoadFigures> levels = new CopyOnWriteArrayList<>();

    /** While balances were read, with the fewest reads first. */
    final List<LoadFigures> balances = new CopyOnWriteArrayList<>();

    /** Honest load without replays, and with. */
    final List<LoadFigures> flood = new CopyOnWriteArrayList<>();

    final List<String> failures = new CopyOnWriteArrayList<>();

    /** Events a second in a closed loop. */
    volatile Spread peak = new Spread(0, 0, 0);

    /** The same in turns without balances being read, and with as many reads as there were at most. */
    volatile @Nullable Spread unread;

    volatile @Nullable Spread read;

    private final Overload.Plan plan;
    private final ProgressPrinter progress;

    /** A promise, whether it held, and the measured figures. */
    record Promise(String text, boolean holds, String measured) {}

    OverloadFindings(Overload.Plan plan, ProgressPrinter progress) {
        this.plan = plan;
        this.progress = progress;
    }

    Report report() {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("case", plan.shape().name());
        fields.put("aof", plan.aof().toString());
        fields.put("seed", plan.seed());
        fields.put("seconds", plan.length().toSeconds());
        fields.put("peak", peak);
        fields.put("levels", levels);
        fields.put("balances", balances);
        fields.put("withoutReads", unread);
        fields.put("withReads", read);
        fields.put("flood", flood);
        fields.put("promises", promises());
        String text = peak.median() == 0 ? "" : text();
        return new Report(Machine.ofThisProcess(servers, progress.elapsed()), fields, text, failures);
    }

    private String text() {
        List<LoadFigures> all =
                Stream.of(levels, balances, flood).flatMap(List::stream).toList();
        String loads = Report.table(
                1,
                all,
                "load=name, offered/s=offered, accepted/s=accepted, p50 ms=times/p50Ms, p99 ms=times/p99Ms,"
                        + " max ms=times/maxMs, shed p99=shedTimes/p99Ms, back s=backSeconds, connections,"
                        + " MiB half=mibOfFirstHalf, MiB=mib, redis s=redisSeconds, lost=lostMicros, not accepted=others");
        String beside = Report.table(
                1,
                all.stream().filter(load -> load.beside() != null).toList(),
                "beside=name, accepted=beside/times/requests, p50 ms=beside/times/p50Ms, p99 ms=beside/times/p99Ms,"
                        + " max ms=beside/times/maxMs, duplicate events=beside/duplicates, counted=beside/counted,"
                        + " not accepted=beside/others");
        String reads = unread == null
                ? ""
                : "As many events as it takes: %s/s, with balances read %s/s%n%n".formatted(unread, read);
        return "%s, aof %s; peak %s events/s%n%n%s%n%s%n%s%s"
                .formatted(
                        plan.shape().name(),
                        plan.aof(),
                        peak,
                        loads,
                        beside,
                        reads,
                        Report.table(1, promises(), "promise=text, holds, measured"));
    }

    /** All that can be said something about; exactness is always the last. */
    List<Promise> promises() {
        List<Promise> all = new ArrayList<>();
        List<LoadFigures> full =
                levels.stream().filter(load -> load.percent() >= Overload.PEAK).toList();
        if (!full.isEmpty()) {
            all.addAll(promisesOf(full));
        }
        List<LoadFigures> beyond =
                levels.stream().filter(load -> load.percent() > Overload.PEAK).toList();
        if (!beyond.isEmpty()) {
            all.add(promise(
                    "back to normal within 5 s",
                    beyond,
                    load -> load.backSeconds() != null && load.backSeconds() <= 5,
                    load -> load.backSeconds() == null ? "-" : "%.1f s".formatted(load.backSeconds())));
        }
        all.addAll(promisesOfBalances());
        if (flood.size() == 2) {
            all.addAll(promisesOfFlood(flood.getFirst(), flood.getLast()));
        }
        boolean exact = failures.isEmpty();
        all.add(new Promise(
                "nothing is lost, nothing is paid twice", exact, exact ? "exact" : failures.size() + " failures"));
        return all;
    }

    /**
     * Of levels at the peak and beyond it. ingest-api waits 1.5 s for Redis, so p99 has half a second more. What is kept too long
     * goes on growing, so memory is compared with that of a level's first half.
     */
    private List<Promise> promisesOf(List<LoadFigures> full) {
        return List.of(
                promise(
                        "at the peak and beyond it sheds with 429 or 503 and Retry-After, and answers all",
                        full,
                        LoadFigures::isAllAnswered,
                        load -> "%s of %,d".formatted(load.others(), load.requests())),
                promise(
                        "goodput stays at 90 % of peak or more",
                        full,
                        load -> load.accepted() >= 0.9 * peak.median(),
                        load -> "%.0f %%".formatted(100 * load.accepted() / peak.median())),
                promise(
                        "p99 of accepted requests stays within 2,000 ms",
                        full,
                        load -> load.times().p99Ms() <= 2_000,
                        load -> "%,.0f ms".formatted(load.times().p99Ms())),
                promise(
                        "memory of ingest-api is flat: in the second half of a level at most 10 % more than in the first",
                        full,
                        load -> load.mib() <= 1.1 * load.mibOfFirstHalf(),
                        load -> "%,d after %,d MiB".formatted(load.mib(), load.mibOfFirstHalf())));
    }

    private static Promise promise(
            String text,
            List<LoadFigures> loads,
            Predicate<LoadFigures> holds,
            Function<LoadFigures, String> measured) {
        String figures = loads.stream()
                .map(load -> "at %d %%: %s".formatted(load.percent(), measured.apply(load)))
                .collect(Collectors.joining("; "));
        return new Promise(text, loads.stream().allMatch(holds), figures);
    }

    private List<Promise> promisesOfBalances() {
        List<Promise> all = new ArrayList<>();
        if (!balances.isEmpty()) {
            double few = p99OfReads(balances.getFirst());
            String measured = balances.stream()
                    .map(load -> "%.1f ms with %s".formatted(p99OfReads(load), load.name()))
                    .collect(Collectors.joining(", "));
            all.add(new Promise("p99 of a balance is below 5 ms at 80 % of peak", few < 5, measured));
        }
        if (unread != null && read != null) {
            double cost = 1 - read.median() / unread.median();
            all.add(new Promise(
                    "1,000 balances a second take less than 10 % of the peak",
                    cost < 0.1, "%.0f %%".formatted(100 * cost)));
        }
        return all;
    }

    private static double p99OfReads(LoadFigures load) {
        return Objects.requireNonNull(load.beside()).times().p99Ms();
    }

    /** Redis' CPU has a quarter more for the noise of a short run. */
    private static List<Promise> promisesOfFlood(LoadFigures without, LoadFigures with) {
        double ratio = with.p99OfAll() / without.times().p99Ms();
        return List.of(
                new Promise(
                        "in a flood of replays, honest p99 is at most twice that without",
                        ratio <= 2,
                        Double.isInfinite(ratio) ? "x ∞ (over 1 % not accepted)" : "x %.1f".formatted(ratio)),
                new Promise(
                        "a flood of replays costs Redis nothing: at most a quarter more of its CPU than without",
                        with.redisSeconds() <= 1.25 * without.redisSeconds(),
                        "%.2f s with, %.2f s without".formatted(with.redisSeconds(), without.redisSeconds())));
    }
}
