package dev.millrace.ingest.tally;

import dev.millrace.common.identity.Identity;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Makes few large calls of many small shares: while calls are under way, what comes in waits and goes together with the next
 * one. Nothing waits for company while Redis has nothing to do, and another call beside those under way is made only for enough
 * events to be worth what a call costs. Databases call this group commit (DeWitt et al., 1984:
 * Implementation techniques for main memory database systems).
 *
 * <p>Partitions take turns, each with all that waits in it and fits, so that the busier they are, the more events share what a
 * partition's section costs. Who found room for some waits behind the others, who found none is the first in the next call.
 * Thread-safe.
 */
final class Coalescer {
    private final int mostEvents;
    private final int mostCalls;
    private final int enoughEvents;
    private final Function<List<PartitionBatch>, CompletionStage<?>> call;
    private final List<Queue<Share>> waiting = Stream.generate(() -> (Queue<Share>) new ArrayDeque<Share>())
            .limit(Identity.PARTITIONS)
            .toList();

    /** Partitions in which something waits, each once. */
    private final ArrayDeque<Integer> turns = new ArrayDeque<>();

    private int calls;
    private int waitingEvents;

    /**
     * @param mostEvents in one call, unless a single share has more
     * @param mostCalls under way at a time
     * @param enoughEvents that wait, for one more call beside others
     * @param call sends batches, one a partition; completes when each share is finished or failed
     */
    Coalescer(
            int mostEvents, int mostCalls, int enoughEvents, Function<List<PartitionBatch>, CompletionStage<?>> call) {
        this.mostEvents = mostEvents;
        this.mostCalls = mostCalls;
        this.enoughEvents = enoughEvents;
        this.call = call;
    }

    void add(List<Share> shares) {
        synchronized (this) {
            for (Share share : shares) {
                Queue<Share> queue = waiting.get(share.partition());
                if (queue.isEmpty()) {
                    turns.add(share.partition());
                }
                queue.add(share);
                waitingEvents += share.size();
            }
        }
        sendWaiting();
    }

    private void sendWaiting() {
        for (List<PartitionBatch> next = take(); !next.isEmpty(); next = take()) {
            send(next);
        }
    }

    private void goOn() {
        end();
        sendWaiting();
    }

    /** Whatever goes wrong, and be it memory that is out, the call is over some time: else those that wait would wait for good. */
    private void send(List<PartitionBatch> batches) {
        CompletionStage<?> answer;
        try {
            answer = call.apply(batches);
        } catch (Throwable e) {
            try {
                batches.forEach(batch -> batch.fail(e));
            } finally {
                end();
            }
            return;
        }
        if (answer.toCompletableFuture().isDone()) {
            end(); // and on goes the loop: where Redis is away, every call ends at once
        } else {
            var _ = answer.whenComplete((_, _) -> goOn());
        }
    }

    private synchronized void end() {
        calls--;
    }

    /** What goes with the next call, which counts as under way from now on; nothing when there is none to be made. */
    private synchronized List<PartitionBatch> take() {
        List<PartitionBatch> next = new ArrayList<>();
        if (calls == 0 || (calls < mostCalls && waitingEvents >= enoughEvents)) {
            int room = mostEvents;
            boolean full = false;
            while (!full && !turns.isEmpty()) {
                int partition = turns.remove();
                Queue<Share> queue = waiting.get(partition);
                List<Share> taken = take(queue, room, next.isEmpty());
                if (!taken.isEmpty()) {
                    PartitionBatch batch = new PartitionBatch(partition, taken);
                    next.add(batch);
                    room -= batch.size();
                }
                full = !queue.isEmpty();
                if (full && taken.isEmpty()) {
                    turns.addFirst(partition);
                } else if (full) {
                    turns.addLast(partition);
                }
            }
            calls += next.isEmpty() ? 0 : 1;
        }
        return next;
    }

    /**
     * @param atLeastOne whether one share goes however many events it has
     */
    private List<Share> take(Queue<Share> queue, int room, boolean atLeastOne) {
        List<Share> taken = new ArrayList<>();
        int left = room;
        for (Share share = queue.peek(); share != null; share = queue.peek()) {
            if (!share.request().isOver()) {
                if (share.size() > left && !(atLeastOne && taken.isEmpty())) {
                    break;
                }
                taken.add(share);
                left -= share.size();
            }
            queue.remove();
            waitingEvents -= share.size();
        }
        return taken;
    }
}
