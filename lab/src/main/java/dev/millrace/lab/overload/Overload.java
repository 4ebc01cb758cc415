package dev.millrace.lab.overload;

import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Pace;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.overload.Arrivals.Phase;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.PeakMemory;
import dev.millrace.lab.stack.Stage;
import dev.millrace.lab.stack.Sums;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Sends more than the services can take, and looks at what they refuse, what they go on taking, and when they are back. */
final class Overload {
    /** What is normal is seen at this level, in percent of peak. */
    static final int CALM = 50;

    private static final int PEAK = 100;

    /** Of the peak, while balances are read. */
    private static final int FOLLOWED = 80;

    /** Of the peak, in the flood, and replays for each honest event. */
    private static final int HONEST = 30;

    private static final int REPLAYS = 5;

    /** Reads a second that ask for next to nothing, and such as ask for something of the machine themselves. */
    private static final List<Integer> READS = List.of(20, 1_000);

    private static final int CREATORS = 1_000;

    /** Connections that a client opens at most. A node with 1 GiB takes 7,645, so two such clients fit. */
    private static final int CONNECTIONS = 3_800;

    /** How long it is looked at after a level: five seconds that it has, a second to show it, and one more. */
    private static final Duration RETURN = Duration.ofSeconds(7);

    /** Normal is up to so many times the p99 of {@link #CALM}. */
    private static final int NORMAL = 2;

    /** What may be accepted at most, as a part of the peak: requests for more than this are not written out. */
    private static final double MOST_ACCEPTED = 1.5;

    /** Most memory for requests that are written out, outside of the heap, and bytes that an event takes more or less. */
    private static final long MOST_BYTES = 3L << 30;

    private static final int EVENT_BYTES = 600;

    private static final int WARM_UPS = 8;
    private static final int ROUNDS = 5;
    private static final Duration LONGEST_ROUND = Duration.ofSeconds(3);
    private static final double SECOND = 1e9;
    private static final double MILLI = 1e6;

    private final Plan plan;
    private final ProgressPrinter progress;
    private final MillraceStack stack;
    private final EventRequests writer;
    private final List<OverloadReport.Load> levels = new ArrayList<>();
    private final List<OverloadReport.Load> flood = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private OverloadReport.@Nullable Balances balances;
    private Spread peak = new Spread(0, 0, 0);
    private Duration length;
    private int minted;

    /** What a run consists of, besides finding the peak. */
    enum Part {
        LEVELS,
        FLOOD,
        BALANCES;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What is done, and for how long.
     *
     * @param length of each level
     * @param levels in percent of peak, each once; {@link #CALM} is always the first
     */
    record Plan(Duration length, Case shape, List<Integer> levels, Aof aof, Set<Part> parts, long seed) {
        Plan {
            levels = Stream.concat(Stream.of(CALM), levels.stream()).distinct().toList();
            parts = Set.copyOf(parts);
        }
    }

    private Overload(Plan plan, ProgressPrinter progress, MillraceStack stack) {
        this.plan = plan;
        this.progress = progress;
        this.stack = stack;
        this.writer = new EventRequests(stack.mint(), new Slabs());
        this.length = plan.length();
    }

    static OverloadReport run(Plan plan, Stage stage, ProgressPrinter progress) throws Exception {
        progress.step("starting Redis, Postgres, ingest-api, a worker and the ledger …");
        try (MillraceStack stack = MillraceStack.start(stage.root(), stage.place("overload"), stage.progress())) {
            Overload overload = new Overload(plan, progress, stack);
            try {
                overload.run();
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                overload.failures.add("it broke off: " + e);
                e.printStackTrace();
            }
            return overload.report();
        }
    }

    private OverloadReport report() {
        return new OverloadReport(
                Machine.ofThisProcess(stack.descriptions(), progress.elapsed()),
                plan.shape().name(),
                plan.aof().toString(),
                plan.seed(),
                length.toMillis() / 1_000.0,
                peak,
                levels,
                balances,
                flood,
                failures);
    }

    private void run() throws Exception {
        progress.step("finding the peak …");
        findPeak();
        progress.step("peak: %s events/s".formatted(peak));
        length = lengthThatFits();
        if (plan.parts().contains(Part.LEVELS)) {
            for (int percent : plan.levels()) {
                levels.add(level(percent));
            }
        }
        if (plan.parts().contains(Part.BALANCES)) {
            balances = balances();
        }
        if (plan.parts().contains(Part.FLOOD)) {
            flood();
        }
    }

    /** A closed loop: rounds that have the server's code compiled, then such as are measured. */
    private void findPeak() throws Exception {
        Account account = new Account();
        List<Double> rates = new ArrayList<>();
        int size = 25 * plan.shape().clients();
        long sent = 0;
        for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
            List<ByteBuffer> requests = mint(size);
            double perSecond = deliver(requests);
            sent += requests.size();
            rates.add(perSecond * plan.shape().batch());
            size = Math.max(25, (int) (perSecond * round().toMillis() / 1_000));
        }
        account.close("looking for the peak", sent * plan.shape().batch());
        peak = Spread.of(rates.subList(WARM_UPS, rates.size()));
    }

    /** How long a round of a closed loop is. */
    private Duration round() {
        Duration quarter = plan.length().dividedBy(4);
        return quarter.compareTo(LONGEST_ROUND) < 0 ? quarter : LONGEST_ROUND;
    }

    /** A level is shortened where its requests would take too much memory. */
    private Duration lengthThatFits() {
        Duration longest =
                Duration.ofMillis((long) (1_000 * MOST_BYTES / (EVENT_BYTES * MOST_ACCEPTED * peak.median())));
        if (longest.compareTo(plan.length()) < 0) {
            progress.step("levels last %d s: requests for more would take over %d GiB"
                    .formatted(longest.toSeconds(), MOST_BYTES >> 30));
            return longest;
        }
        return plan.length();
    }

    /** One level, and the way back from it where it is beyond the peak. */
    private OverloadReport.Load level(int percent) throws Exception {
        String name = "level of %d %%".formatted(percent);
        List<Phase> phases = new ArrayList<>(List.of(phase(percent, length)));
        if (percent > PEAK) {
            phases.add(phase(CALM, RETURN));
        }
        int arrivals = phases.stream().mapToInt(Phase::arrivals).sum();
        int accepted = new Phase(rate(PEAK) * MOST_ACCEPTED, length.plus(RETURN)).arrivals() + CONNECTIONS;
        progress.step(name + " …");
        TokenSupply tokens = TokenSupply.fresh(mint(percent > PEAK ? Math.min(arrivals, accepted) : arrivals));
        return arrive(name, percent, phases, tokens, null);
    }

    /** Sends what arrives, with replays beside it where there are such, until everything is acknowledged and settled. */
    private OverloadReport.Load arrive(
            String name, int percent, List<Phase> phases, TokenSupply tokens, @Nullable Arrivals replays)
            throws Exception {
        Account account = new Account();
        int before = tokens.sent();
        Arrivals arrivals = new Arrivals(phases, tokens);
        PeakMemory memory =
                new PeakMemory(Objects.requireNonNull(stack.processes().get("ingest")));
        memory.reset();
        long redis = stack.redisMicros();
        int connections;
        long half;
        try (ScheduledExecutorService threads = Executors.newScheduledThreadPool(2)) {
            Future<Long> atHalfTime =
                    threads.schedule(memory::mib, length.dividedBy(2).toNanos(), TimeUnit.NANOSECONDS);
            Future<?> beside = threads.submit(() -> replays == null ? 0 : send(replays));
            connections = send(arrivals);
            half = atHalfTime.get();
            beside.get();
        }
        long most = memory.mib();
        double redisSeconds = (stack.redisMicros() - redis) / 1e6;
        deliver(tokens.open());
        tokens.close();
        Sums sums = account.close(
                name, (long) (tokens.sent() - before) * plan.shape().batch());
        Score score = arrivals.score(0);
        phases.forEach(phase -> check(name, arrivals.score(phases.indexOf(phase))));
        return new OverloadReport.Load(
                percent,
                rate(percent) * plan.shape().batch(),
                score.acceptedInTime() * plan.shape().batch() * SECOND / length.toNanos(),
                score.arrivals(),
                score.times(),
                score.others(),
                score.refusals(),
                score.millisForAll(99),
                phases.size() == 1 ? null : back(arrivals.score(1)),
                connections,
                half,
                most,
                redisSeconds,
                replays == null ? null : replays(replays.score(0)),
                sums.lost());
    }

    private @Nullable Double back(Score after) {
        double calm = levels.getFirst().times().p99Ms();
        OptionalDouble seconds = after.normalAfter(rate(CALM), (long) (NORMAL * calm * MILLI));
        return seconds.isPresent() ? seconds.getAsDouble() : null;
    }

    private static String replays(Score score) {
        return "202: %,d (%,d events duplicate, %,d counted), others %s"
                .formatted(
                        score.times().requests(),
                        score.verdicts().duplicate(),
                        score.verdicts().accepted(),
                        score.others());
    }

    private void check(String name, Score score) {
        if (!score.complaint().isEmpty()) {
            failures.add("%s: unexpected answers, the last one %s".formatted(name, score.complaint()));
        }
        long events = score.times().requests() * plan.shape().batch();
        if (score.verdicts().acknowledged() != events) {
            failures.add("%s: %,d events were accepted, the answers say %s".formatted(name, events, score.verdicts()));
        }
    }

    /** Balances read while events arrive, and what the reads take from the peak. */
    private OverloadReport.Balances balances() throws Exception {
        Account account = new Account();
        deliver(writer.of(Events.oneEach(prefix(), 0, CREATORS, 0), plan.shape().batch()));
        account.close("something for each creator", CREATORS);
        int most = READS.getLast();
        progress.step("warming the ledger up …");
        try (BalanceReads reads = BalanceReads.start(stack, most, CREATORS, length.multipliedBy(2))) {
            Thread.sleep(length);
            reads.end();
        }
        List<OverloadReport.Followed> followed = new ArrayList<>();
        for (int perSecond : READS) {
            String name = "balances, %,d a second".formatted(perSecond);
            progress.step(name + " …");
            Phase phase = phase(FOLLOWED, length);
            TokenSupply tokens = TokenSupply.fresh(mint(phase.arrivals()));
            try (BalanceReads reads = BalanceReads.start(stack, perSecond, CREATORS, length.multipliedBy(10))) {
                OverloadReport.Load events = arrive(name, FOLLOWED, List.of(phase), tokens, null);
                BalanceReads.Answered answered = reads.end();
                if (!answered.complaint().isEmpty()) {
                    failures.add(name + ": " + answered.complaint());
                }
                followed.add(new OverloadReport.Followed(perSecond, answered.refused(), answered.times(), events));
            }
        }
        progress.step("as many events as it takes, with balances read and without …");
        List<Double> without = new ArrayList<>();
        List<Double> with = new ArrayList<>();
        Account rounds = new Account();
        long sent = 0;
        for (int round = 0; round < ROUNDS; round++) {
            sent += round(without);
            try (BalanceReads reads = BalanceReads.start(stack, most, CREATORS, length.multipliedBy(10))) {
                sent += round(with);
                reads.end();
            }
        }
        rounds.close("rounds with balances and without", sent * plan.shape().batch());
        return new OverloadReport.Balances(followed, Spread.of(without), Spread.of(with));
    }

    /** A round of a closed loop; returns the requests that were sent. */
    private int round(List<Double> rates) throws Exception {
        List<ByteBuffer> requests = mint(new Phase(rate(PEAK), round()).arrivals());
        rates.add(deliver(requests) * plan.shape().batch());
        stack.settle();
        return requests.size();
    }

    /** Honest load while somebody sends again, five times as fast, what has counted already. */
    private void flood() throws Exception {
        progress.step("a flood of replays …");
        Phase honest = phase(HONEST, length);
        TokenSupply tokens = TokenSupply.fresh(mint(2 * honest.arrivals()));
        flood.add(arrive("no replays", HONEST, List.of(honest), tokens, null));
        Arrivals replays =
                new Arrivals(List.of(phase(REPLAYS * HONEST, length)), TokenSupply.replays(tokens.acknowledged()));
        flood.add(arrive("replays", HONEST, List.of(honest), tokens, replays));
        check("replays", replays.score(0));
    }

    private Phase phase(int percent, Duration length) {
        return new Phase(rate(percent), length);
    }

    /** Requests a second. */
    private double rate(int percent) {
        return peak.median() / plan.shape().batch() * percent / PEAK;
    }

    /** Writes out so many requests with tokens that were never used; those written before are void. */
    private List<ByteBuffer> mint(int requests) {
        int events = Math.multiplyExact(requests, plan.shape().batch());
        return writer.of(
                Events.draw(prefix(), plan.seed(), events, CREATORS),
                plan.shape().batch());
    }

    private String prefix() {
        return "s%d-%d".formatted(plan.seed(), ++minted);
    }

    /** Sends requests as fast as the answers come, each until its events are acknowledged; requests a second. */
    private double deliver(List<ByteBuffer> requests) throws IOException {
        LoadReport report = LoadClient.http(stack.ingestPort(), plan.shape().clients())
                .deliver(requests, Pace.CLOSED_LOOP, new Histogram(3));
        return report.acknowledgedPerSecond();
    }

    /** Sends what arrives; returns the connections that it took. */
    private int send(Arrivals arrivals) throws IOException {
        return LoadClient.growing(stack.ingestPort(), CONNECTIONS).send(arrivals);
    }

    /** Holds what was acknowledged since a moment against what Redis and the ledger have got since. */
    private final class Account {
        private final Sums before;

        /** From now on; nothing is under way. */
        Account() throws Exception {
            stack.set(plan.aof());
            stack.settle();
            before = Sums.of(stack, 0);
        }

        /** Settles; where the sums differ it is a failure. */
        Sums close(String what, long events) throws Exception {
            stack.settle();
            Sums sums = Sums.of(stack, events * Events.MICROS).since(before);
            if (!sums.areEqual()) {
                failures.add("%s: %s".formatted(what, sums));
            }
            return sums;
        }
    }
}
