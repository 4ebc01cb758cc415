package dev.millrace.ingest.tally;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.LogPages;
import dev.millrace.counters.LogPosition;
import dev.millrace.counters.Partition;
import dev.millrace.counters.TallyReply;
import dev.millrace.ingest.index.LogIndex;
import dev.millrace.ingest.verify.CountersUnavailableException;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of events of one identity that wait for one another: one of them at a time is under way, and each has one outcome. */
class LogTallyTest {
    private static final Partition PARTITION = Partition.of(5);
    private static final FollowedPartition.View VIEW = new FollowedPartition.View(1, 1, true, 0);

    private final HashedWheelTimer timer = new HashedWheelTimer();
    private final LogIndex index = new LogIndex(Runnable::run);
    private final LogTally log = new LogTally(PARTITION, Retention.SHORT, index);

    LogTallyTest() {
        index.take(
                new LogPages.LogPage(LogPages.Status.ANEW, 0, new LogPosition(1, LogPosition.BEGINNING, 0), List.of()),
                LogPosition.NONE,
                0);
    }

    @AfterEach
    void stop() {
        timer.stop();
    }

    private static PendingRequest.Waiting event(PendingRequest request, int position, long identity) {
        return request.waiting(
                position,
                new PricedEvent(
                        new EngagementName("demo", "c-1", "/a", EventType.VIEW, 1),
                        1,
                        1_000,
                        0,
                        0,
                        3_600,
                        0,
                        identity,
                        0));
    }

    /** So many requests with the same event. */
    private List<PendingRequest> equal(int count) {
        List<PendingRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            PendingRequest request = new PendingRequest(1);
            requests.add(request);
            assertThat(log.add(event(request, 0, 7))).isEqualTo(i == 0);
        }
        return requests;
    }

    private List<Outcome> outcomes(PendingRequest request) throws Exception {
        return request.await(timer, Duration.ofSeconds(60));
    }

    private LogTally.Sent section(List<PendingRequest.Waiting> taken) {
        return Objects.requireNonNull(log.section(taken, VIEW, true, false));
    }

    private static TallyReply.Counted counted(String verdicts) {
        return new TallyReply.Counted(new LogPosition(1, "1000-0", 1), verdicts, List.of());
    }

    @Test
    void doublesOfWhatCountedAreDuplicates() throws Exception {
        List<PendingRequest> requests = equal(3);
        List<PendingRequest.Waiting> taken = log.take(10);
        assertThat(taken).hasSize(1);
        log.counted(section(taken), counted("A"), 1, false);
        assertThat(outcomes(requests.get(0))).containsExactly(Outcome.ACCEPTED);
        assertThat(outcomes(requests.get(1))).containsExactly(Outcome.DUPLICATE);
        assertThat(outcomes(requests.get(2))).containsExactly(Outcome.DUPLICATE);
        assertThat(log.isWaiting()).isFalse();
    }

    @Test
    void ofWhatFailedTheNextGoesOnWithTheOthersBehindIt() throws Exception {
        List<PendingRequest> requests = equal(3);
        log.failed(log.take(10), new CountersUnavailableException("a test"));
        assertThatThrownBy(() -> outcomes(requests.getFirst())).isInstanceOf(ExecutionException.class);
        List<PendingRequest.Waiting> next = log.take(10);
        assertThat(next).hasSize(1);
        log.counted(section(next), counted("A"), 1, false);
        assertThat(outcomes(requests.get(1))).containsExactly(Outcome.ACCEPTED);
        assertThat(outcomes(requests.get(2))).containsExactly(Outcome.DUPLICATE);
    }

    /** A section has no identity twice: the script would count both. */
    @Test
    void whatFailsTwiceIsReplacedByOne() {
        List<PendingRequest> requests = equal(3);
        List<PendingRequest.Waiting> taken = log.take(10);
        log.failed(taken, new CountersUnavailableException("once"));
        log.failed(taken, new CountersUnavailableException("and again"));
        assertThat(log.take(10)).hasSize(1);
        assertThat(requests.get(1).isOver()).isFalse();
    }

    @Test
    void whatFailsAfterItHasCountedIsNotSentAgain() throws Exception {
        List<PendingRequest> requests = equal(2);
        List<PendingRequest.Waiting> taken = log.take(10);
        log.counted(section(taken), counted("A"), 1, false);
        log.failed(taken, new CountersUnavailableException("too late"));
        assertThat(log.isWaiting()).isFalse();
        assertThat(outcomes(requests.get(0))).containsExactly(Outcome.ACCEPTED);
        assertThat(outcomes(requests.get(1))).containsExactly(Outcome.DUPLICATE);
    }

    @Test
    void whoHasGivenUpIsNotSentAndTheNextIs() {
        List<PendingRequest> requests = equal(2);
        requests.getFirst().fail(new TimeoutException());
        List<PendingRequest.Waiting> taken = log.take(10);
        assertThat(taken)
                .singleElement()
                .satisfies(next -> assertThat(next.isOver()).isFalse());
        assertThat(log.isWaiting()).isFalse();
    }

    @Test
    void aWaitEndsByTheTimer() {
        PendingRequest request = new PendingRequest(1);
        assertThatThrownBy(() -> request.await(timer, Duration.ofMillis(1)))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(TimeoutException.class);
        assertThat(request.isOver()).isTrue();
        request.conclude(0, Outcome.ACCEPTED); // too late, and no harm
    }
}
