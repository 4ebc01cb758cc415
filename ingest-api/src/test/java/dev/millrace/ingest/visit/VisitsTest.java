package dev.millrace.ingest.visit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Filter;
import dev.millrace.common.token.Note;
import dev.millrace.common.token.Source;
import dev.millrace.counters.LogEntry;
import dev.millrace.counters.LogPages.LogPage;
import dev.millrace.counters.LogPages.Status;
import dev.millrace.counters.LogPosition;
import dev.millrace.ingest.index.LogIndex;
import dev.millrace.ingest.verify.PricedEvent;
import java.nio.LongBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a visit begins, minute by minute. */
class VisitsTest {
    private static final IdentityKey IDENTITIES = IdentityKey.of(IdentityKey.LOCAL);
    private static final long MINUTE = 60;

    /** The beginning of a slot. */
    private static final long NOON = 1_764_504_000;

    private final LogIndex log = new LogIndex(Runnable::run);
    private final Visits visits = new Visits(IDENTITIES, _ -> log);
    private int entries;

    private static PricedEvent event(Note note, long visitor) {
        return new PricedEvent(
                new EngagementName("demo", "c-1", "/a", EventType.VIEW, note, 1), 1, 1_000, 0, 0, 60, 0, 7, visitor);
    }

    private static final PricedEvent EVENT = event(Note.of(Source.SEARCH, true), IDENTITIES.visitor("demo", "v-1"));

    /** An event comes at this second; whether it begins a visit, or empty where it leaves no mark. */
    private Optional<Boolean> comes(long second) {
        Optional<PricedEvent> mark = visits.mark(EVENT, second);
        mark.ifPresent(left -> {
            LogPosition to = new LogPosition(1, ++entries + "-0", entries);
            LogEntry entry = new LogEntry(to.id(), LongBuffer.wrap(new long[] {left.identity()}));
            LogPosition from = log.position();
            log.take(new LogPage(entries == 1 ? Status.ANEW : Status.ON, 0, to, List.of(entry)), from, 7_800);
        });
        return mark.map(left -> left.units() == 1);
    }

    @Test
    void aMarkCostsNothingAndNamesTheLandingPageAndTheSource() {
        PricedEvent mark = visits.mark(EVENT, NOON).orElseThrow();
        assertThat(mark.name())
                .isEqualTo(new EngagementName("demo", "c-1", "/a", EventType.VIEW, Note.visit(Source.SEARCH), 1));
        assertThat(mark.micros()).isZero();
        assertThat(mark.units()).isEqualTo(1);
        assertThat(mark.identity())
                .isEqualTo(IDENTITIES.ofVisit(EVENT.visitor(), NOON / 300))
                .isNotEqualTo(7);
    }

    @Test
    void whoIsNotKnownOrNoReaderLeavesNone() {
        assertThat(visits.mark(event(Note.NONE, 0), NOON)).isEmpty();
        assertThat(visits.mark(event(Note.filtered(Filter.ROBOT), 5), NOON)).isEmpty();
    }

    @Test
    void whileEventsComeTheVisitGoesOn() {
        assertThat(comes(NOON)).contains(true);
        assertThat(comes(NOON + 1)).as("the same slot").isEmpty();
        for (int minutes = 20; minutes < 200; minutes += 20) {
            assertThat(comes(NOON + minutes * MINUTE)).as("minute %d", minutes).contains(false);
        }
        assertThat(comes(NOON + 600 * MINUTE)).contains(true);
    }

    /** A gap of up to 30 minutes never ends a visit, one of 35 or more always does. */
    @ParameterizedTest
    @CsvSource({
        "0, 30, false",
        "299, 30, false",
        "0, 34, false",
        "0, 35, true",
        "299, 31, true",
        "299, 35, true",
        "150, 25, false"
    })
    void aGapEndsIt(long second, long minutes, boolean begins) {
        assertThat(comes(NOON + second)).contains(true);
        assertThat(comes(NOON + second + minutes * MINUTE)).contains(begins);
    }

    @Test
    void visitorsAndPublishersAreTheirOwn() {
        comes(NOON);
        for (PricedEvent other : List.of(
                event(Note.NONE, IDENTITIES.visitor("demo", "v-2")),
                event(Note.NONE, IDENTITIES.visitor("acme", "v-1")))) {
            assertThat(visits.mark(other, NOON).orElseThrow().units()).isEqualTo(1);
        }
    }
}
