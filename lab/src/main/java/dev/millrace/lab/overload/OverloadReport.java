package dev.millrace.lab.overload;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.RunReport;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.command.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a run found.
 *
 * @param shape how events were sent
 * @param seconds of each level, which may be shorter than planned
 * @param peak events a second in a closed loop
 * @param levels in the order in which they were run
 * @param balances how they were read meanwhile, or null where that was left out
 * @param flood honest load without replays, and with
 */
record OverloadReport(
        Machine machine,
        @JsonProperty("case") String shape,
        String aof,
        long seed,
        double seconds,
        Spread peak,
        List<Load> levels,
        @Nullable Balances balances,
        List<Load> flood,
        List<String> failures)
        implements RunReport {
    private static final int PEAK = 100;

    /** Least goodput at the peak and beyond it, as a part of the peak. */
    private static final double GOODPUT = 0.9;

    /** Most p99 of those accepted: as long as ingest-api waits for Redis (1,500 ms), and half a second. */
    private static final double LATENCY_MS = 2_000;

    /** Most memory of a whole level, as a multiple of that of its first half: what is kept too long goes on growing. */
    private static final double MEMORY = 1.1;

    private static final double BACK_SECONDS = 5;

    /** Most p99 of honest requests in a flood, as a multiple of the p99 without. */
    private static final double FLOODED = 2;

    /** Most CPU of Redis in a flood, as a multiple of that without: the noise of a short run. */
    private static final double FLOODED_REDIS = 1.25;

    private static final double BALANCE_MS = 5;

    /** Most that reads take, as a part of the peak. */
    private static final double BALANCES_COST = 0.1;

    OverloadReport {
        levels = List.copyOf(levels);
        flood = List.copyOf(flood);
        failures = List.copyOf(failures);
    }

    /**
     * Requests that arrived at a fixed rate.
     *
     * @param percent of peak
     * @param offered events a second
     * @param accepted events a second that were accepted in time
     * @param requests that arrived
     * @param times of those accepted, since they were due
     * @param others arrivals that were not accepted, by the reason
     * @param shedTimes of refusals, since they were due
     * @param p99OfAll milliseconds within which 99 % of all were accepted, infinite where fewer were
     * @param backSeconds from the end of a level beyond peak until it was normal again, or null where it was not
     * @param connections that it took
     * @param mibOfFirstHalf most memory of ingest-api that was resident until half of the time was over
     * @param mib the same for all of the time
     * @param redisSeconds of CPU
     * @param replays answers to replays: status and events, or null where there were none
     * @param lostMicros acknowledged and not in the ledger
     */
    record Load(
            int percent,
            double offered,
            double accepted,
            long requests,
            Percentiles times,
            Map<String, Long> others,
            Percentiles shedTimes,
            double p99OfAll,
            @Nullable Double backSeconds,
            int connections,
            long mibOfFirstHalf,
            long mib,
            double redisSeconds,
            @Nullable String replays,
            long lostMicros) {
        boolean isFull() {
            return percent >= PEAK;
        }

        /** Every arrival that was not accepted was told so, and when to come again. */
        boolean isAllAnswered() {
            return others.keySet().stream()
                    .noneMatch(reason -> reason.equals(Score.LATE)
                            || reason.equals(Score.BROKEN)
                            || reason.endsWith(Score.WITHOUT_RETRY_AFTER));
        }

        private String othersText() {
            return others.isEmpty()
                    ? "all accepted"
                    : others.entrySet().stream()
                            .map(entry -> "%s: %,d".formatted(entry.getKey(), entry.getValue()))
                            .collect(Collectors.joining(", "));
        }
    }

    /**
     * Live balances that were read while events came in.
     *
     * @param followed at fixed rates of reads, with the events that arrived meanwhile
     * @param without events a second in a closed loop, nothing read
     * @param with the same with the highest rate of reads
     */
    record Balances(List<Followed> followed, Spread without, Spread with) {
        /** What the reads take from ingest, as a part of what it does without; below 0 where the machine was busier without. */
        double cost() {
            return 1 - with.median() / without.median();
        }
    }

    /** Balances read a second, what became of these reads, and of the events meanwhile. */
    record Followed(int perSecond, long refused, Percentiles times, Load events) {}

    /** Something that is promised, whether it was so, and what was measured. */
    record Promise(String text, boolean holds, String measured) {}

    /** All that the run can say something about; exactness is always the last. */
    @JsonProperty
    List<Promise> promises() {
        List<Promise> all = new ArrayList<>();
        if (levels.stream().anyMatch(Load::isFull)) {
            all.add(promise(
                    "at the peak and beyond it sheds with 429 or 503 and Retry-After, and answers all",
                    Load::isAllAnswered,
                    load -> "%s of %,d".formatted(load.othersText(), load.requests())));
            all.add(promise(
                    "goodput stays at 90 % of peak or more",
                    load -> load.accepted() >= GOODPUT * peak.median(),
                    load -> "%.0f %%".formatted(100 * load.accepted() / peak.median())));
            all.add(promise(
                    "p99 of accepted requests stays within %,.0f ms".formatted(LATENCY_MS),
                    load -> load.times().p99Ms() <= LATENCY_MS,
                    load -> "%,.0f ms".formatted(load.times().p99Ms())));
            all.add(promise(
                    "memory of ingest-api is flat: in the second half of a level at most 10 % more than in the first",
                    load -> load.mib() <= MEMORY * load.mibOfFirstHalf(),
                    load -> "%,d after %,d MiB".formatted(load.mib(), load.mibOfFirstHalf())));
        }
        if (levels.stream().anyMatch(load -> load.percent() > PEAK)) {
            all.add(promise(
                    "back to normal within %.0f s".formatted(BACK_SECONDS),
                    load -> load.percent() == PEAK
                            || (load.backSeconds() != null && load.backSeconds() <= BACK_SECONDS),
                    load -> load.backSeconds() == null ? "-" : "%.1f s".formatted(load.backSeconds())));
        }
        if (balances != null) {
            all.addAll(promisesOf(balances));
        }
        if (flood.size() == 2) {
            all.addAll(promisesOfFlood(flood.getFirst(), flood.getLast()));
        }
        all.add(new Promise(
                "nothing is lost, nothing is paid twice",
                failures.isEmpty(),
                failures.isEmpty() ? "exact" : failures.size() + " failures"));
        return all;
    }

    private Promise promise(String text, Predicate<Load> holds, Function<Load, String> measured) {
        List<Load> full = levels.stream().filter(Load::isFull).toList();
        return new Promise(
                text,
                full.stream().allMatch(holds),
                full.stream()
                        .map(load -> "at %d %%: %s".formatted(load.percent(), measured.apply(load)))
                        .collect(Collectors.joining("; ")));
    }

    private static List<Promise> promisesOf(Balances balances) {
        String measured = balances.followed().stream()
                .map(each ->
                        "%.1f ms with %,d reads a second".formatted(each.times().p99Ms(), each.perSecond()))
                .collect(Collectors.joining(", "));
        Followed few = balances.followed().getFirst();
        return List.of(
                new Promise(
                        "p99 of a balance is below %.0f ms at %d %% of peak"
                                .formatted(BALANCE_MS, few.events().percent()),
                        few.times().p99Ms() < BALANCE_MS,
                        measured),
                new Promise(
                        "%,d balances a second take less than %.0f %% of the peak"
                                .formatted(balances.followed().getLast().perSecond(), 100 * BALANCES_COST),
                        balances.cost() < BALANCES_COST,
                        "%.0f %%".formatted(100 * balances.cost())));
    }

    private static List<Promise> promisesOfFlood(Load without, Load with) {
        double ratio = with.p99OfAll() / without.times().p99Ms();
        return List.of(
                new Promise(
                        "in a flood of replays, honest p99 is at most twice that without",
                        ratio <= FLOODED,
                        Double.isInfinite(ratio) ? "x ∞ (over 1 % not accepted)" : "x %.1f".formatted(ratio)),
                new Promise(
                        "a flood of replays costs Redis nothing: at most a quarter more of its CPU than without",
                        with.redisSeconds() <= FLOODED_REDIS * without.redisSeconds(),
                        "%.2f s with, %.2f s without".formatted(with.redisSeconds(), without.redisSeconds())));
    }

    @Override
    public String text() {
        TextTable loads = new TextTable(
                1,
                "load",
                "offered/s",
                "accepted/s",
                "p50 ms",
                "p99 ms",
                "max ms",
                "shed p99",
                "back s",
                "connections",
                "MiB half",
                "MiB",
                "redis s",
                "lost",
                "not accepted; replays");
        levels.forEach(load -> row(loads, load.percent() + " %", load));
        if (balances != null) {
            balances.followed()
                    .forEach(each -> row(loads, "%,d balances/s".formatted(each.perSecond()), each.events()));
        }
        flood.forEach(load -> row(loads, load.replays() == null ? "no replays" : "replays", load));
        TextTable promises = new TextTable(2, "", "", "");
        promises()
                .forEach(each -> promises.add(each.holds() ? "holds" : "does not hold", each.text(), each.measured()));
        return "%s%n%s, aof %s, %.0f s each; peak %s events/s%n%n%s%s%s%n%.0f s. %s"
                .formatted(
                        machine, shape, aof, seconds, peak, loads, reads(), promises, machine.seconds(), conclusion());
    }

    private String reads() {
        return balances == null
                ? ""
                : "\nAs many events as it takes: %s/s, with balances read %s/s%n"
                                .formatted(balances.without(), balances.with())
                        + balances.followed().stream()
                                .map(each ->
                                        "%,d balances a second: %,d answered, p50 %.1f ms, p99 %.1f ms, most %.0f ms; %,d refused%n"
                                                .formatted(
                                                        each.perSecond(),
                                                        each.times().requests(),
                                                        each.times().p50Ms(),
                                                        each.times().p99Ms(),
                                                        each.times().maxMs(),
                                                        each.refused()))
                                .collect(Collectors.joining());
    }

    private static void row(TextTable table, String name, Load load) {
        table.add(
                name,
                load.offered(),
                load.accepted(),
                load.times().p50Ms(),
                load.times().p99Ms(),
                load.times().maxMs(),
                load.shedTimes().requests() == 0 ? null : load.shedTimes().p99Ms(),
                load.backSeconds(),
                load.connections(),
                load.mibOfFirstHalf(),
                load.mib(),
                load.redisSeconds(),
                load.lostMicros(),
                load.othersText() + (load.replays() == null ? "" : "; replays " + load.replays()));
    }
}
