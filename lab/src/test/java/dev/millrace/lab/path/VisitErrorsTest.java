package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Note;
import dev.millrace.counters.LogEntry;
import dev.millrace.counters.LogPages.LogPage;
import dev.millrace.counters.LogPages.Status;
import dev.millrace.counters.LogPosition;
import dev.millrace.ingest.index.LogIndex;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.visit.Visits;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often visits are counted wrongly, by the gap before them and by two nodes. Nodes and their logs are simulated, with a clock of their own. */
class VisitErrorsTest {
    private static final IdentityKey IDENTITIES = IdentityKey.of(IdentityKey.LOCAL);
    private static final int TRIALS = 20_000;
    private static final long SEED = 21;
    private static final int MILLIS = 1_000;
    private static final int MINUTE = 60 * MILLIS;
    private static final int SLOT = 5 * MINUTE;
    private static final int SPAN = 7_800;

    /** How often a node reads the logs on. */
    private static final int POLL = 500;

    /** Marks that were logged, as Redis has them. */
    private final List<Mark> log = new ArrayList<>();

    private final Set<Long> logged = new HashSet<>();

    /** @param at milliseconds */
    private record Mark(long at, long identity) {}

    /** A node reads on at each of its polls, and knows its own marks at once. */
    private final class Node {
        private final LogIndex index = new LogIndex(Runnable::run);
        private final Visits visits = new Visits(IDENTITIES, _ -> index);
        private final int phase;
        private int read;

        Node(int phase) {
            this.phase = phase;
        }

        /** Visits that an event begins, 0 or 1. */
        long comes(String visitor, long at) {
            readUpTo(at - Math.floorMod(at - phase, POLL));
            return visits.mark(event(visitor), at / MILLIS)
                    .filter(mark -> logged.add(mark.identity()))
                    .map(mark -> {
                        log.add(new Mark(at, mark.identity()));
                        readUpTo(at);
                        return mark.units();
                    })
                    .orElse(0L);
        }

        private void readUpTo(long at) {
            while (read < log.size() && log.get(read).at() <= at) {
                Mark mark = log.get(read++);
                LogPosition to = new LogPosition(1, mark.at() + "-" + read, read);
                index.take(
                        new LogPage(
                                read == 1 ? Status.ANEW : Status.ON,
                                0,
                                to,
                                List.of(new LogEntry(to.id(), LongBuffer.wrap(new long[] {mark.identity()})))),
                        index.position(),
                        SPAN);
            }
        }
    }

    private static PricedEvent event(String visitor) {
        return new PricedEvent(
                new EngagementName("demo", "c-1", "/a", EventType.VIEW, Note.of(null, true), 1),
                1,
                1_000,
                0,
                0,
                60,
                0,
                7,
                IDENTITIES.visitor("demo", visitor));
    }

    /** An error is a second visit that is not counted though the gap was longer than 30 minutes, or one that is though it was not. */
    @ParameterizedTest
    @ValueSource(ints = {25, 28, 30, 31, 32, 33, 34, 35, 36})
    void theErrorOfAGap(int minutes) {
        Random random = new Random(SEED);
        Node node = new Node(0);
        long begun = 0;
        for (int i = 0; i < TRIALS; i++) {
            long first = 60L * MINUTE * (i + 1) + random.nextInt(SLOT);
            assertThat(node.comes("v-" + i, first)).isEqualTo(1);
            begun += node.comes("v-" + i, first + (long) minutes * MINUTE);
        }
        double share = 100.0 * begun / TRIALS;
        print("a gap of %d minutes begins a visit in %.1f %% of cases".formatted(minutes, share));
        assertThat(share).isCloseTo(Math.clamp((minutes - 30) * 20.0, 0, 100), Offset.offset(1.0));
    }

    /** The first two events of each visit go to two nodes, within a second: the worst that a load balancer can do. */
    @Test
    void theErrorOfTwoNodes() {
        Random random = new Random(SEED);
        Node one = new Node(0);
        Node two = new Node(POLL / 3);
        int trials = 20 * TRIALS;
        long begun = 0;
        for (int i = 0; i < trials; i++) {
            long first = 1_000_000L + (long) i * 3_000 + random.nextInt(3 * MILLIS);
            begun += one.comes("v-" + i, first);
            begun += two.comes("v-" + i, first + random.nextInt(MILLIS));
        }
        double twice = 100.0 * (begun - trials) / trials;
        print("two nodes count %.4f %% of visits twice".formatted(twice));
        assertThat(begun).isGreaterThanOrEqualTo(trials);
        assertThat(twice).isLessThan(0.1);
    }

    private static void print(String text) {
        System.out.println("VisitErrorsTest: " + text);
    }
}
