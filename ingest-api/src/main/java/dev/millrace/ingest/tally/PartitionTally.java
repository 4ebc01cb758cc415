package dev.millrace.ingest.tally;

import dev.millrace.common.identity.Identity;
import dev.millrace.ingest.tally.TallyResult.Reason;
import dev.millrace.ingest.verify.Countable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Divides a request's events among the partitions and waits for all their answers. In each partition they travel with
 * those of other requests, suspects among themselves. Thread-safe.
 */
final class PartitionTally {
    /** Redis runs a call alone: this many take it a few milliseconds. */
    private static final int MOST_FRESH = 512;

    private static final int FRESH_CALLS = 2;

    /** A flood of repetitions must not keep Redis busy for long: short calls, one at a time. */
    private static final int MOST_SUSPECTS = 64;

    private static final int SUSPECTS_CALLS = 1;

    private static final Logger log = LoggerFactory.getLogger(PartitionTally.class);

    /** Of fresh events, partition by partition, then those of suspects. */
    private final List<Coalescer> coalescers = new ArrayList<>();

    private final Duration timeout;

    /**
     * @param timeout longest wait for all answers of one request
     */
    PartitionTally(TallyCalls calls, Duration timeout) {
        addCoalescers(MOST_FRESH, FRESH_CALLS, calls);
        addCoalescers(MOST_SUSPECTS, SUSPECTS_CALLS, calls);
        this.timeout = timeout;
    }

    private void addCoalescers(int mostEvents, int mostCalls, TallyCalls calls) {
        for (int i = 0; i < Identity.PARTITIONS; i++) {
            int partition = i;
            coalescers.add(new Coalescer(mostEvents, mostCalls, shares -> calls.count(partition, shares)));
        }
    }

    /**
     * @param suspected which of the events may have been counted before
     */
    TallyResult count(List<Countable> events, BitSet suspected) {
        try {
            return new TallyResult.Counted(send(events, suspected).await(timeout.toNanos()));
        } catch (ExecutionException e) {
            return unavailable(why(e.getCause()));
        } catch (TimeoutException e) {
            return unavailable("Redis did not answer within %d ms".formatted(timeout.toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unavailable("this node is shutting down");
        }
    }

    private Pending send(List<Countable> events, BitSet suspected) {
        Pending request = new Pending(events.size());
        @Nullable Share[] shares = new @Nullable Share[coalescers.size()];
        for (int i = 0; i < events.size(); i++) {
            Countable event = events.get(i);
            int coalescer = event.identity().partition() + (suspected.get(i) ? Identity.PARTITIONS : 0);
            Share share = shares[coalescer];
            if (share == null) {
                share = request.newShare();
                shares[coalescer] = share;
            }
            share.add(event, i);
        }
        for (int i = 0; i < shares.length; i++) {
            Share share = shares[i];
            if (share != null) {
                coalescers.get(i).add(share);
            }
        }
        return request;
    }

    private static TallyResult unavailable(String detail) {
        return new TallyResult.SendAgain(Reason.COUNTERS_UNAVAILABLE, detail);
    }

    /** What callers may know of a failure; the log has the rest. */
    private static String why(@Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof CountersRefused refused) {
            return refused.why();
        }
        log.debug("tally failed", cause);
        return cause != null && String.valueOf(cause.getMessage()).startsWith("OOM")
                ? "Redis' memory is full"
                : "Redis failed, or the connection to it broke";
    }
}
