package dev.millrace.ingest.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.counters.LogEntry;
import dev.millrace.counters.LogPages.LogPage;
import dev.millrace.counters.LogPages.Status;
import dev.millrace.counters.LogPosition;
import java.nio.LongBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The index against a plain set of everything, at some nodes, over days of simulated time: it has what the log has, up to its position and not
 * below the floor, and nothing else, so that nothing is counted twice. {@code -Dmillrace.seed=…} repeats a run.
 */
class LogIndexTest {
    private static final long DAYS = Duration.ofDays(4).toSeconds();
    private static final long SPAN = Duration.ofMinutes(130).toSeconds();
    private static final int MOST_KNOWN = 4_000;

    private final long seed = Long.getLong("millrace.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final SimulatedLog log = new SimulatedLog();
    private final List<Node> nodes = new ArrayList<>();

    /** When each identity that is sent again now and then is born, the newest last. */
    private final List<Map.Entry<Long, Long>> known = new ArrayList<>();

    private int behind;
    private int anew;

    /** One node: an index, its sorter, and replies that are on their way to it. */
    private final class Node {
        private final ArrayDeque<Runnable> sorting = new ArrayDeque<>();
        private final LogIndex index = new LogIndex(sorting::add);
        private final List<Runnable> replies = new ArrayList<>();

        void askPage() {
            LogPosition from = index.position();
            LogPage page = log.page(from, 1 + random.nextInt(40), 1 + random.nextInt(400));
            anew += page.status() == Status.ANEW ? 1 : 0;
            replies.add(() -> index.take(page, from, SPAN / 4));
        }

        void send(Map<Long, Long> events) {
            if (!index.isCaughtUp()) {
                return;
            }
            LogPosition from = index.position();
            Map<Long, Long> unknown = new HashMap<>(events);
            unknown.keySet().removeIf(identity -> {
                boolean isKnown = contains(index, identity);
                assertThat(!isKnown || log.wasCounted(identity))
                        .as("a duplicate is one")
                        .isTrue();
                return isKnown;
            });
            SimulatedLog.Reply reply = log.tally(from, unknown);
            replies.add(() -> take(reply, from));
        }

        private void take(SimulatedLog.Reply reply, LogPosition from) {
            switch (reply) {
                case SimulatedLog.Reply.Counted counted ->
                    index.take(
                            counted.tail(),
                            from,
                            counted.position(),
                            counted.own().duplicate());
                case SimulatedLog.Reply.Behind tail -> {
                    behind++;
                    index.take(
                            tail.tail(),
                            from,
                            new LogPosition(
                                    from.lineage(), tail.tail().getLast().id(), -1),
                            LongBuffer.allocate(0));
                }
                case SimulatedLog.Reply.Refused _ -> index.forget();
            }
        }

        /** One of those that are on their way, the last of them as often as the first; some never arrive. */
        void arrive() {
            if (!replies.isEmpty()) {
                Runnable reply = replies.remove(random.nextInt(replies.size()));
                if (random.nextInt(10) > 0) {
                    reply.run();
                }
            }
            if (random.nextInt(3) == 0 && !sorting.isEmpty()) {
                sorting.remove().run();
            }
        }

        void readToTheEnd() {
            replies.clear();
            do {
                askPage();
                replies.removeLast().run();
            } while (!index.isCaughtUp()
                    || !index.position()
                            .id()
                            .equals(log.page(index.position(), 1, 1).position().id()));
        }

        void check(long identity) {
            LogPosition position = index.position();
            boolean has = contains(index, identity);
            if (has && !log.isBelow(identity, position)) {
                throw new AssertionError("%d is not in the log up to %s".formatted(identity, position));
            }
            if (!has && log.isRemembered(identity, position)) {
                throw new AssertionError("%d is in the log up to %s".formatted(identity, position));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void whateverHappensAnIndexIsExactAndNothingCountsTwice(int howMany) {
        System.out.println("LogIndexTest: seed " + seed + " (-Dmillrace.seed=" + seed + ")");
        for (int i = 0; i < howMany; i++) {
            nodes.add(new Node());
        }
        long end = log.now + DAYS;
        long sealed = log.now;
        SimulatedLog.Copy copy = log.copy();
        while (log.now < end) {
            log.now += random.nextInt(40);
            if (log.now - sealed > 60) {
                sealed = log.now;
                log.trim(log.now - SPAN, random.nextInt(5));
            }
            int event = random.nextInt(1_000);
            if (event == 0) {
                log.raise();
            } else if (event == 1) {
                copy = log.copy();
            } else if (event == 2 && random.nextInt(2) == 0) {
                log.restore(copy);
            } else if (event == 3 && random.nextInt(2) == 0) {
                log.corrupt();
            } else if (event == 4) {
                nodes.set(random.nextInt(howMany), new Node());
            }
            if (log.isCorrupt() && random.nextInt(20) == 0) {
                log.beginAnew();
            }
            traffic();
        }
        assertThat(log.everCounted()).isGreaterThan(20_000);
        assertThat(behind).as("nodes that were far behind").isPositive();
        assertThat(anew).as("pages from the beginning").isPositive();
        for (Node node : nodes) {
            if (!log.isCorrupt()) {
                node.readToTheEnd();
                assertThat(node.index.position())
                        .isEqualTo(nodes.getFirst().index.position());
                assertThat(node.index.position().logged()).isEqualTo(log.logged());
            }
            known.forEach(identity -> node.check(identity.getKey()));
        }
    }

    private void traffic() {
        Map<Long, Long> events = new HashMap<>();
        for (int i = random.nextInt(12); i > 0; i--) {
            Map.Entry<Long, Long> event = known.isEmpty() || random.nextInt(3) > 0 ? fresh() : anyKnown();
            events.put(event.getKey(), event.getValue());
        }
        for (Node node : nodes) {
            if (random.nextInt(3) > 0) {
                node.send(events);
            }
            if (random.nextInt(4) == 0) {
                node.askPage();
            }
            if (random.nextInt(3) > 0 || node.replies.size() > 4) {
                node.arrive();
            }
            for (int i = 0; i < 5 && !known.isEmpty(); i++) {
                node.check(anyKnown().getKey());
            }
            node.check(random.nextLong());
        }
    }

    private Map.Entry<Long, Long> fresh() {
        Map.Entry<Long, Long> event = Map.entry(random.nextLong(), log.now - random.nextInt(7_200));
        known.add(event);
        if (known.size() > MOST_KNOWN) {
            known.removeFirst();
        }
        return event;
    }

    private Map.Entry<Long, Long> anyKnown() {
        return known.get(random.nextInt(known.size()));
    }

    @Test
    void aRangeThatBeginsAboveThePositionIsNotTaken() {
        LogIndex index = read(1, entry("1000-0", 1), entry("2000-0", 2));
        LogPosition ahead = new LogPosition(1, "3000-0", 3);
        index.take(
                List.of(entry("4000-0", 4)), ahead, new LogPosition(1, "5000-0", 5), LongBuffer.wrap(new long[] {5}));
        assertThat(contains(index, 4)).isFalse();
        assertThat(contains(index, 5)).isFalse();
        assertThat(index.position()).isEqualTo(new LogPosition(1, "2000-0", 2));
    }

    @Test
    void aRangeOfAnotherLineageIsNotTaken() {
        LogIndex index = read(2, entry("1000-0", 1));
        index.take(
                List.of(),
                new LogPosition(1, "1000-0", 1),
                new LogPosition(1, "2000-0", 2),
                LongBuffer.wrap(new long[] {2}));
        index.take(
                new LogPage(Status.ON, 0, new LogPosition(1, "2000-0", 2), List.of(entry("2000-0", 2))),
                new LogPosition(1, "1000-0", 1),
                0);
        assertThat(contains(index, 2)).isFalse();
        assertThat(index.position()).isEqualTo(new LogPosition(2, "1000-0", 1));
    }

    @Test
    void beforeItHasReadToTheEndItTakesNoReplies() {
        LogIndex index = new LogIndex(Runnable::run);
        index.take(
                new LogPage(Status.ANEW, 0, new LogPosition(1, "1000-0", -1), List.of(entry("1000-0", 1))),
                LogPosition.NONE,
                0);
        assertThat(index.isCaughtUp()).isFalse();
        LogPosition position = index.position();
        index.take(List.of(), position, new LogPosition(1, "2000-0", 2), LongBuffer.wrap(new long[] {2}));
        assertThat(contains(index, 1)).isTrue();
        assertThat(contains(index, 2)).isFalse();
    }

    @Test
    void aLogThatIsNotTheOneThatWasWrittenIsForgotten() {
        LogIndex index = read(1, entry("1000-0", 1));
        index.take(
                new LogPage(Status.CORRUPT, 0, new LogPosition(1, LogPosition.BEGINNING, -1), List.of()),
                index.position(),
                0);
        assertThat(contains(index, 1)).isFalse();
        assertThat(index.isCaughtUp()).isFalse();
        assertThat(index.position()).isEqualTo(LogPosition.NONE);
    }

    /** Some 300,000 identities an hour for ten hours, which are sorted, merged and forgotten by the hour. */
    @Test
    void manyIdentitiesAreSortedAndMergedAndWhatIsBelowTheFloorIsForgotten() {
        LogIndex index = new LogIndex(Runnable::run);
        Random identities = new Random(seed);
        Set<Long> lastHours = new HashSet<>();
        LogPosition position = LogPosition.NONE;
        long logged = 0;
        for (int minute = 1; minute <= 600; minute++) {
            List<LogEntry> entries = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                long[] some = identities.longs(1_000).toArray();
                entries.add(new LogEntry(minute * 60_000L + "-" + i, LongBuffer.wrap(some)));
                logged += some.length;
                if (minute > 480) {
                    for (long identity : some) {
                        lastHours.add(identity);
                    }
                }
            }
            LogPosition to = new LogPosition(1, entries.getLast().id(), logged);
            long floor = Math.max(0, (minute - 120) * 60L);
            index.take(new LogPage(minute == 1 ? Status.ANEW : Status.ON, floor, to, entries), position, 7_200);
            position = to;
        }
        assertThat(index.position()).isEqualTo(position);
        assertThat(lastHours).allMatch(identity -> contains(index, identity));
        assertThat(identities.longs(100_000)).noneMatch(identity -> contains(index, identity));
        assertThat(index.size())
                .as("what is remembered, and a slice that is partly below the floor")
                .isBetween(600_000L, 1_200_000L);
        assertThat(index.bytes() / index.size()).as("bytes an identity").isLessThanOrEqualTo(12);
    }

    private static boolean contains(LogIndex index, long identity) {
        return index.find(identity).known().get(0);
    }

    private static LogIndex read(long lineage, LogEntry... entries) {
        LogIndex index = new LogIndex(Runnable::run);
        LogPosition to = new LogPosition(lineage, entries[entries.length - 1].id(), entries.length);
        index.take(new LogPage(Status.ANEW, 0, to, List.of(entries)), LogPosition.NONE, 0);
        return index;
    }

    private static LogEntry entry(String id, long identity) {
        return new LogEntry(id, LongBuffer.wrap(new long[] {identity}));
    }
}
