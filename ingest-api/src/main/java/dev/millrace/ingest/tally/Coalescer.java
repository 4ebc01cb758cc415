package dev.millrace.ingest.tally;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Makes few large calls of many small shares: while calls are under way, what comes in waits and goes together with the next
 * one. Nothing waits for company when Redis has nothing to do. How this is known elsewhere: group commit (DeWitt et al.
 * 1984), request coalescing. Thread-safe.
 */
final class Coalescer {
    private final int mostEvents;
    private final int mostCalls;
    private final Function<List<Share>, CompletionStage<?>> call;
    private final Queue<Share> waiting = new ArrayDeque<>();
    private int calls;

    /**
     * @param mostEvents in one call, unless a single share has more
     * @param mostCalls under way at a time
     * @param call sends shares; completes, always normally, when each of them is finished or failed
     */
    Coalescer(int mostEvents, int mostCalls, Function<List<Share>, CompletionStage<?>> call) {
        this.mostEvents = mostEvents;
        this.mostCalls = mostCalls;
        this.call = call;
    }

    void add(Share share) {
        synchronized (this) {
            waiting.add(share);
        }
        sendWaiting();
    }

    private void sendWaiting() {
        for (List<Share> next = take(); !next.isEmpty(); next = take()) {
            call.apply(next).thenRun(this::answered);
        }
    }

    private void answered() {
        synchronized (this) {
            calls--;
        }
        sendWaiting();
    }

    /** What goes with the next call, which counts as under way from now on; nothing when there is none to be made. */
    private synchronized List<Share> take() {
        List<Share> next = new ArrayList<>();
        if (calls < mostCalls) {
            int events = 0;
            for (Share share = waiting.peek();
                    share != null && (next.isEmpty() || events + share.size() <= mostEvents);
                    share = waiting.peek()) {
                waiting.remove();
                if (!share.request().isOver()) {
                    next.add(share);
                    events += share.size();
                }
            }
            calls += next.isEmpty() ? 0 : 1;
        }
        return next;
    }
}
