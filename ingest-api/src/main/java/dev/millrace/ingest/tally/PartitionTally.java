package dev.millrace.ingest.tally;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.millrace.common.identity.Identity;
import dev.millrace.ingest.tally.TallyResult.Reason;
import dev.millrace.ingest.verify.Countable;
import io.netty.util.Timeout;
import io.netty.util.Timer;
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
    /** Redis runs a call alone: this many take it some ten milliseconds. */
    private static final int MOST_FRESH = 1_024;

    private static final int FRESH_CALLS = 2;

    /** Redis syncs its file once for all that a call counts: fewer events had better wait for the call under way. */
    private static final int ENOUGH_FRESH = 64;

    /** A flood of repetitions must not keep Redis busy for long: short calls, one at a time. */
    private static final int MOST_SUSPECTS = 64;

    private static final int SUSPECTS_CALLS = 1;

    private static final Logger log = LoggerFactory.getLogger(PartitionTally.class);

    private final Coalescer fresh;
    private final Coalescer suspects;
    private final Duration timeout;
    private final Timer timer;

    /**
     * @param timeout longest wait for all answers of one request
     * @param timer that ends it: of the kind that makes little of being told and told off again, which nearly every wait does
     */
    PartitionTally(TallyCalls calls, Duration timeout, Timer timer) {
        this.fresh = new Coalescer(MOST_FRESH, FRESH_CALLS, ENOUGH_FRESH, calls::count);
        this.suspects = new Coalescer(MOST_SUSPECTS, SUSPECTS_CALLS, MOST_SUSPECTS, calls::count);
        this.timeout = timeout;
        this.timer = timer;
    }

    /**
     * @param suspected which of the events may have been counted before
     */
    TallyResult count(List<Countable> events, BitSet suspected) {
        Pending request = send(events, suspected);
        Timeout end = timer.newTimeout(_ -> request.fail(new TimeoutException()), timeout.toNanos(), NANOSECONDS);
        try {
            return new TallyResult.Counted(request.await());
        } catch (ExecutionException e) {
            return unavailable(why(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unavailable("this node is shutting down");
        } finally {
            end.cancel();
        }
    }

    private Pending send(List<Countable> events, BitSet suspected) {
        Pending request = new Pending(events.size());
        List<Share> freshShares = shares(request, events, suspected, false);
        List<Share> suspectShares = shares(request, events, suspected, true);
        fresh.add(freshShares);
        suspects.add(suspectShares);
        return request;
    }

    /** The events that are suspected, or those that are not, by their partitions. */
    private static List<Share> shares(Pending request, List<Countable> events, BitSet suspected, boolean suspects) {
        List<Share> shares = new ArrayList<>(Math.min(events.size(), Identity.PARTITIONS));
        @Nullable Share[] byPartition = new @Nullable Share[Identity.PARTITIONS];
        for (int i = 0; i < events.size(); i++) {
            if (suspected.get(i) == suspects) {
                int partition = events.get(i).identity().partition();
                Share share = byPartition[partition];
                if (share == null) {
                    share = request.newShare(partition);
                    byPartition[partition] = share;
                    shares.add(share);
                }
                share.add(events.get(i), i);
            }
        }
        return shares;
    }

    private static TallyResult unavailable(String detail) {
        return new TallyResult.SendAgain(Reason.COUNTERS_UNAVAILABLE, detail);
    }

    /** What callers may know of a failure; the log has the rest. */
    private String why(@Nullable Throwable failure) {
        if (failure instanceof TimeoutException) {
            return "Redis did not answer within %d ms".formatted(timeout.toMillis());
        }
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
