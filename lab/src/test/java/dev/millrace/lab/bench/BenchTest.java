package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.command.Report;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.process.CommandException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BenchTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final BenchPlan PLAN = new BenchPlan(
            false, Set.of(), Set.of(), Set.of(), Duration.ZERO, 2, Duration.ofMillis(2), Duration.ofMinutes(1), 42);

    private static final Stage STAGE = new Stage(Path.of(""), Path.of(""), _ -> {});

    private final List<String> diary = new ArrayList<>();
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    private final FakeContestant sound = fake("sound", "b", "a");

    @Test
    void eachIsWarmedUpAndThenTheyTakeTurns() throws InterruptedException {
        FakeContestant other = fake("other", "a");
        Report outcome = run(PLAN, sound, other);
        assertThat(diary)
                .containsExactly(
                        "sound b", "sound a", "other a", // warm-up
                        "sound a", "other a", "sound b", "sound a", "other a", "sound b");
        assertThat(outcome.isGood()).isTrue();
        assertThat(results(outcome)).hasSize(3).allMatch(row -> isRow(row, 2, 0));
        assertThat(other.sizes().getFirst())
                .as("twenty requests for each client")
                .isEqualTo(200);
        assertThat(sound.isClosed() && other.isClosed()).isTrue();
    }

    @Test
    void itIsWarmedUpAsLongAsPlannedOrUntilItBreaks() throws InterruptedException {
        BenchPlan patient =
                new BenchPlan(false, Set.of(), Set.of(), Set.of(), MINUTE, 1, Duration.ofMillis(2), MINUTE, 42);
        Report outcome = run(patient, breakingAfter(4, "b", "a"));
        assertThat(diary).containsExactly("broken b", "broken a", "broken b", "broken a", "broken b");
        assertThat(results(outcome)).isEmpty();
    }

    @Test
    void whatIsMeasuredCanBeToldAtAnyTime() throws InterruptedException {
        List<List<@Nullable Object>> soFar = new ArrayList<>();
        AtomicReference<@Nullable Bench> running = new AtomicReference<>();
        FakeContestant asking = new FakeContestant("asking", scenarios("asking", "b", "a"), diary) {
            @Override
            Round prepare(Scenario scenario, Events events) {
                Report report = Objects.requireNonNull(running.get()).report();
                soFar.add(results(report).stream().map(row -> row.get("rounds")).toList());
                return super.prepare(scenario, events);
            }
        };
        Bench bench = bench(PLAN, asking.entrant());
        running.set(bench);
        bench.run(STAGE);
        assertThat(soFar).containsExactly(List.of(), List.of(), List.of(), List.of(1), List.of(1, 1), List.of(1, 2));
    }

    @Test
    void anEventThatIsLostMakesTheRunFail() throws InterruptedException {
        Report outcome = run(PLAN, sound, new FakeContestant("leaky", scenarios("leaky", "a"), diary) {
            @Override
            long count(long micros) {
                return micros - Events.MICROS;
            }
        });
        assertThat(outcome.isGood()).isFalse();
        assertThat(outcome.failures())
                .containsExactly(
                        "leaky a, aof always, 1,000 creators in warm-up: 1 events lost",
                        "leaky a, aof always, 1,000 creators in round 1/2: 1 events lost",
                        "leaky a, aof always, 1,000 creators in round 2/2: 1 events lost");
        assertThat(results(outcome).getLast()).containsEntry("lost", 2L);
    }

    @Test
    void soDoesOneThatIsPaidTwice() throws InterruptedException {
        Report outcome = run(PLAN, new FakeContestant("generous", scenarios("generous", "a"), diary) {
            @Override
            long count(long micros) {
                return micros + 1;
            }
        });
        assertThat(outcome.isGood()).isFalse();
        assertThat(outcome.failures().getFirst()).endsWith("1 events paid that were not sent");
        assertThat(results(outcome).getFirst()).containsEntry("lost", -2L);
    }

    @Test
    void aContestantThatBreaksOffLetsTheOthersGoOn() throws InterruptedException {
        FakeContestant broken = breakingAfter(0, "a", "b");
        Report outcome = run(PLAN, broken, sound);
        assertThat(outcome.failures())
                .containsExactly(
                        "broken a, aof always, 1,000 creators in warm-up: java.lang.IllegalStateException: out of"
                                + " order");
        assertThat(results(outcome)).hasSize(2).allMatch(row -> row.containsValue("sound"));
        assertThat(broken.isClosed()).isTrue();
    }

    @Test
    void whatItHasMeasuredUntilThenStands() throws InterruptedException {
        Report outcome = run(PLAN, breakingAfter(2, "a"), sound);
        assertThat(outcome.failures())
                .containsExactly(
                        "broken a, aof always, 1,000 creators in round 2/2: java.lang.IllegalStateException: out of"
                                + " order");
        assertThat(results(outcome))
                .extracting(row -> row.get("contestant") + " " + row.get("rounds"))
                .containsExactly("broken 1", "sound 2", "sound 2");
        assertThat(sound.isClosed()).isTrue();
    }

    @Test
    void oneThatDoesNotStopTakesNothingWithIt() throws InterruptedException {
        FakeContestant stubborn = new FakeContestant("stubborn", scenarios("stubborn", "a"), diary) {
            @Override
            public void close() {
                throw new IllegalStateException("can't be stopped");
            }
        };
        Report outcome = run(PLAN, stubborn, sound);
        assertThat(results(outcome)).hasSize(3).allMatch(row -> isRow(row, 2, 0));
        assertThat(screen.toString(StandardCharsets.UTF_8)).contains("stubborn did not stop: ");
        assertThat(sound.isClosed()).isTrue();
    }

    @Test
    void whatIsCountedIsDrainedInTheMidstOfARoundAndAtItsEnd() throws Exception {
        CountDownLatch drained = new CountDownLatch(2);
        AtomicInteger drains = new AtomicInteger();
        Contestant.Round round = new Contestant.Round() {
            @Override
            public long send(Histogram nanos) throws InterruptedException {
                assertThat(drained.await(1, TimeUnit.MINUTES))
                        .as("drained while sending")
                        .isTrue();
                return 0;
            }

            @Override
            public void drain() {
                drained.countDown();
                drains.incrementAndGet();
            }

            @Override
            public long counted() {
                return 0;
            }
        };
        FakeContestant draining = new FakeContestant("draining", scenarios("draining", "a"), diary) {
            @Override
            Round prepare(Scenario scenario, Events events) {
                return round;
            }
        };
        Scenario scenario = draining.scenarios().getFirst();
        Bench.measure(
                draining,
                scenario,
                Events.draw("a", 1, 64, scenario.creators()),
                List.of(draining),
                Duration.ofMillis(1));
        assertThat(drains.get()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void oneThatDoesNotStartIsToldInItsWords() throws InterruptedException {
        Contestant.Entrant absent = new Contestant.Entrant("absent", scenarios("absent", "a"), (_, _) -> {
            throw CommandException.failed("port 1 is taken");
        });
        Report outcome = run(PLAN, absent, sound.entrant());
        assertThat(outcome.failures()).hasSize(1);
        assertThat(screen.toString(StandardCharsets.UTF_8)).contains("absent did not start: port 1 is taken");
        assertThat(results(outcome)).hasSize(2);
    }

    @Test
    void whenTheTimeIsOverNoFurtherTurnBegins() throws InterruptedException {
        BenchPlan hasty = new BenchPlan(
                false, Set.of(), Set.of(), Set.of(), Duration.ZERO, 99, Duration.ofMillis(2), Duration.ZERO, 42);
        assertThat(results(run(hasty, sound))).allMatch(row -> isRow(row, 1, 0));
    }

    private static boolean isRow(Map<String, @Nullable Object> row, int rounds, long lost) {
        return Integer.valueOf(rounds).equals(row.get("rounds"))
                && Long.valueOf(lost).equals(row.get("lost"));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, @Nullable Object>> results(Report report) {
        return (List<Map<String, @Nullable Object>>)
                Objects.requireNonNull(report.fields().get("results"));
    }

    private Report run(BenchPlan plan, FakeContestant... contestants) throws InterruptedException {
        return run(plan, Stream.of(contestants).map(FakeContestant::entrant).toArray(Contestant.Entrant[]::new));
    }

    private Report run(BenchPlan plan, Contestant.Entrant... entrants) throws InterruptedException {
        Bench bench = bench(plan, entrants);
        bench.run(STAGE);
        return bench.report();
    }

    private Bench bench(BenchPlan plan, Contestant.Entrant... entrants) {
        PrintStream out = new PrintStream(screen, true, StandardCharsets.UTF_8);
        return new Bench(plan, List.of(entrants), new ProgressPrinter(out, 0));
    }

    /** Its round after so many breaks it, the warm-up being one. */
    private FakeContestant breakingAfter(int rounds, String... cases) {
        return new FakeContestant("broken", scenarios("broken", cases), diary) {
            @Override
            long count(long micros) {
                if (sizes().size() > rounds) {
                    throw new IllegalStateException("out of order");
                }
                return micros;
            }
        };
    }

    private FakeContestant fake(String name, String... cases) {
        return new FakeContestant(name, scenarios(name, cases), diary);
    }

    private static List<Scenario> scenarios(String name, String... cases) {
        return Stream.of(cases)
                .map(shape -> new Scenario(name, new Case(shape, 10, 1), Aof.ALWAYS, 1_000))
                .toList();
    }
}
