package dev.millrace.lab.overload;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Delivery;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.Score;
import dev.millrace.lab.load.StackLoad;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.ProcessUsage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Sends more than the services can take, and looks at what they refuse, what they go on taking, and when they are back. */
final class Overload {
    static final int PEAK = 100;

    /** In percent of peak: what is normal; beside reads of balances; in the flood. Replays come for each honest event. */
    private static final int CALM = 50;

    private static final int FOLLOWED = 80;
    private static final int HONEST = 30;
    private static final int REPLAYS = 5;

    /** Reads a second that ask for next to nothing, and such as ask for something of the machine themselves. */
    private static final List<Integer> READS = List.of(20, 1_000);

    private static final int READERS = 128;

    /** Connections that a client opens at most. A node with 1 GiB takes 7,645, so two such clients fit. */
    private static final int CONNECTIONS = 3_800;

    /** How long it is looked at after a level: five seconds that it has, a second to show it, and one more. */
    private static final Duration RETURN = Duration.ofSeconds(7);

    /** Requests are written out outside of the heap: for at most this part of the peak, in at most so many bytes. */
    private static final double MOST_ACCEPTED = 1.5;

    private static final long MOST_BYTES = 3L << 30;
    private static final int EVENT_BYTES = 600;
    private static final int WARM_UPS = 8;
    private static final int ROUNDS = 5;
    private static final long LONGEST_ROUND = 3_000;
    private static final double SECOND = 1e9;
    private static final double MICROS = 1e6;

    private final Plan plan;
    private final ProgressPrinter progress;
    private final MillraceStack stack;
    private final OverloadFindings findings;
    private final StackLoad load;
    private final int batch;

    /** Requests a second. */
    private double peak;

    /** Of each level and run. */
    private Duration length;

    /** @param length of each level */
    record Plan(Duration length, Case shape, Aof aof, long seed) {}

    Overload(Plan plan, ProgressPrinter progress, MillraceStack stack, OverloadFindings findings) throws Exception {
        this.plan = plan;
        this.progress = progress;
        this.stack = stack;
        this.findings = findings;
        this.load = new StackLoad(stack, plan.seed(), findings.failures);
        this.batch = plan.shape().batch();
        this.length = plan.length();
        stack.redis().set(plan.aof());
    }

    /** A closed loop: rounds that have the server's code compiled, then such as are measured. */
    void findPeak() throws Exception {
        progress.step("finding the peak …");
        List<Double> rates = new ArrayList<>();
        int size = 25 * plan.shape().clients();
        for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
            double perSecond = deliver(load.requests(size, batch));
            rates.add(perSecond * batch);
            size = Math.max(25, (int) (perSecond * roundMillis() / 1_000));
        }
        load.check("looking for the peak");
        findings.peak = Spread.of(rates.subList(WARM_UPS, rates.size()));
        peak = findings.peak.median() / batch;
        progress.step("peak: %s events/s".formatted(findings.peak));
        shorten();
    }

    /** Of a closed loop. */
    private long roundMillis() {
        return Math.min(plan.length().toMillis() / 4, LONGEST_ROUND);
    }

    /** A level is shortened where its requests would take too much memory. */
    private void shorten() {
        double seconds = MOST_BYTES / (EVENT_BYTES * MOST_ACCEPTED * peak * batch);
        if (seconds < plan.length().toSeconds()) {
            length = Duration.ofMillis((long) (seconds * 1_000));
            progress.step("levels last %.0f s: requests for more would take over %d GiB"
                    .formatted(seconds, MOST_BYTES >> 30));
        }
    }

    /** @param percents of peak; the calm level comes first, and each once */
    void levels(List<Integer> percents) throws Exception {
        for (int percent :
                Stream.concat(Stream.of(CALM), percents.stream()).distinct().toList()) {
            long[] moments = moments(percent, length);
            if (percent > PEAK) {
                moments = LongStream.concat(LongStream.of(moments), wayBack()).toArray();
            }
            int accepted = (int) (peak * MOST_ACCEPTED * length.plus(RETURN).toSeconds()) + CONNECTIONS;
            int requests = percent > PEAK ? Math.min(moments.length, accepted) : moments.length;
            Delivery delivery = arrivals(load.requests(requests, batch), moments);
            findings.levels.add(arrive(percent + " %", percent, delivery, null));
        }
    }

    private LongStream wayBack() {
        return LongStream.of(moments(CALM, RETURN)).map(moment -> moment + length.toNanos());
    }

    private static Delivery arrivals(List<ByteBuffer> requests, long[] moments) {
        return Delivery.openLoop(requests, moments, Delivery.OnRefusal.REUSE);
    }

    /**
     * Sends what arrives until everything is acknowledged and settled.
     *
     * @param delivery a level; what comes after it is the way back
     * @param beside traffic sent meanwhile, ended by this; or null
     */
    private LoadFigures arrive(String name, int percent, Delivery delivery, LoadClient.@Nullable Background beside)
            throws Exception {
        progress.step(name + " …");
        stack.redis().set(plan.aof());
        ProcessUsage memory =
                new ProcessUsage(Objects.requireNonNull(stack.processes().get("ingest")));
        memory.resetPeakMemory();
        long redis = stack.redis().cpuMicros();
        CompletableFuture<Long> half = CompletableFuture.supplyAsync(
                memory::peakMib, CompletableFuture.delayedExecutor(length.toNanos() / 2, TimeUnit.NANOSECONDS));
        ingest().send(delivery);
        LoadFigures.Beside answers = beside == null ? null : LoadFigures.Beside.of(beside.end());
        long mib = memory.peakMib();
        double redisSeconds = (stack.redis().cpuMicros() - redis) / MICROS;
        check(name, delivery);
        load.acknowledged((long) (delivery.sent().size() - delivery.open().size()) * batch);
        deliver(delivery.open());
        long lost = load.check(name);
        int level = moments(percent, length).length;
        Score score = delivery.score(0, level);
        return new LoadFigures(
                name,
                percent,
                rate(percent) * batch,
                score.acceptedBy(delivery.began() + length.toNanos()) * batch * SECOND / length.toNanos(),
                score.arrivals(),
                Percentiles.of(score.times()),
                score.others(),
                score.refusals().getTotalCount() == 0 ? null : Percentiles.of(score.refusals()),
                score.millisForAll(99),
                percent > PEAK ? back(delivery.score(level, Integer.MAX_VALUE)) : null,
                delivery.connections(),
                half.get(),
                mib,
                redisSeconds,
                answers,
                lost);
    }

    /** Normal is up to twice the p99 of the calm level. */
    private @Nullable Double back(Score after) {
        double calm = findings.levels.getFirst().times().p99Ms();
        OptionalDouble seconds = after.normalAfter(rate(CALM), (long) (2 * calm * MICROS));
        return seconds.isPresent() ? seconds.getAsDouble() : null;
    }

    private void check(String name, Delivery delivery) {
        if (!delivery.complaint().isEmpty()) {
            findings.failures.add("%s: unexpected answers, the last one %s".formatted(name, delivery.complaint()));
        }
        long accepted = delivery.score().accepted() * batch;
        if (delivery.counted() + delivery.duplicates() != accepted) {
            findings.failures.add("%s: %,d events were accepted, the answers say %,d and %,d duplicate"
                    .formatted(name, accepted, delivery.counted(), delivery.duplicates()));
        }
    }

    /** Balances read while events arrive, and what the reads take from the peak. */
    void balances() throws Exception {
        deliver(load.requests(Events.oneEach(load.prefix(), 0, StackLoad.CREATORS, 0), batch));
        int most = READS.getLast();
        progress.step("warming the ledger up …");
        try (LoadClient.Background reads = read(most)) {
            Thread.sleep(length);
            reads.end();
        }
        for (int perSecond : READS) {
            long[] moments = moments(FOLLOWED, length);
            Delivery delivery = arrivals(load.requests(moments.length, batch), moments);
            try (LoadClient.Background reads = read(perSecond)) {
                LoadFigures followed = arrive("%,d balances/s".formatted(perSecond), FOLLOWED, delivery, reads);
                findings.balances.add(followed);
                Set<String> unanswered =
                        new TreeSet<>(reads.delivery().score().others().keySet());
                unanswered.removeIf(reason -> reason.startsWith("503"));
                if (!unanswered.isEmpty()) {
                    findings.failures.add(followed.name() + ": " + unanswered);
                }
            }
        }
        progress.step("as many events as it takes, with balances read and without …");
        List<Double> without = new ArrayList<>();
        List<Double> with = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            without.add(round());
            try (LoadClient.Background reads = read(most)) {
                with.add(round());
                reads.end();
            }
        }
        load.check("rounds with balances and without");
        findings.unread = Spread.of(without);
        findings.read = Spread.of(with);
    }

    /** Creators in turns ask the ledger for their live balances, each of whom has earned something; until it is ended. */
    private LoadClient.Background read(int perSecond) {
        List<ByteBuffer> requests = IntStream.range(0, StackLoad.CREATORS)
                .mapToObj(rank -> stack.balanceRequest(Events.creatorName(rank)))
                .toList();
        long[] moments = Delivery.evenly(
                perSecond, (int) (perSecond * length.multipliedBy(10).toSeconds()));
        return LoadClient.http(stack.ledgerPort(), READERS)
                .start(Delivery.openLoop(requests, moments, Delivery.OnRefusal.LEAVE));
    }

    /** A round of a closed loop; events a second. */
    private double round() throws Exception {
        double perSecond = deliver(load.requests(Math.max(1, (int) (peak * roundMillis() / 1_000)), batch));
        stack.settle();
        return perSecond * batch;
    }

    /** Honest load while somebody sends again, five times as fast, what has counted already. */
    void flood() throws Exception {
        long[] honest = moments(HONEST, length);
        List<ByteBuffer> requests = load.requests(2 * honest.length, batch);
        Delivery without = arrivals(requests.subList(0, honest.length), honest);
        findings.flood.add(arrive("no replays", HONEST, without, null));
        long[] moments = moments(REPLAYS * HONEST, length);
        Delivery replays = Delivery.openLoop(without.sent(), moments, Delivery.OnRefusal.LEAVE);
        Delivery with = arrivals(requests.subList(honest.length, requests.size()), honest);
        try (LoadClient.Background beside = ingest().start(replays)) {
            findings.flood.add(arrive("replays", HONEST, with, beside));
        }
        check("replays", replays);
    }

    /** Of what arrives at a part of the peak; at least one. */
    private long[] moments(int percent, Duration length) {
        return Delivery.evenly(rate(percent), Math.max(1, (int) (rate(percent) * length.toMillis() / 1_000)));
    }

    /** Requests a second. */
    private double rate(int percent) {
        return peak * percent / PEAK;
    }

    /** Sends requests as fast as the answers come, each until its events are acknowledged; requests a second. */
    private double deliver(List<ByteBuffer> requests) throws IOException {
        return load.deliver(
                        requests, (long) requests.size() * batch, plan.shape().clients())
                .perSecond();
    }

    private LoadClient ingest() {
        return LoadClient.http(stack.ingestPort(), CONNECTIONS);
    }
}
