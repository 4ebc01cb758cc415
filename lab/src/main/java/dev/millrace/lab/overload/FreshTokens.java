package dev.millrace.lab.overload;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Requests whose tokens count once. One that was refused goes out again before any that never did, as another arrival: so
 * it takes no more of them than the server acknowledges, however many arrivals it turns away. For one thread.
 */
final class FreshTokens implements Supply {
    private final List<ByteBuffer> requests;
    private final int[] refused;
    private final List<Integer> acknowledged = new ArrayList<>();
    private final BitSet open = new BitSet();
    private int refusals;
    private int taken;

    FreshTokens(List<ByteBuffer> requests) {
        this.requests = List.copyOf(requests);
        this.refused = new int[requests.size()];
    }

    @Override
    public boolean isEmpty() {
        return refusals == 0 && taken == requests.size();
    }

    @Override
    public int take() {
        if (refusals > 0) {
            return refused[--refusals];
        }
        open.set(taken);
        return taken++;
    }

    @Override
    public ByteBuffer bytes(int request) {
        return requests.get(request);
    }

    @Override
    public void acknowledged(int request) {
        open.clear(request);
        acknowledged.add(request);
    }

    @Override
    public void refused(int request) {
        refused[refusals++] = request;
    }

    /** It is not sent by another arrival: that one's answer would be about both. */
    @Override
    public void unanswered(int request) {}

    /** How many have been sent at least once. */
    int sent() {
        return taken;
    }

    /** What has been acknowledged so far. */
    List<ByteBuffer> acknowledged() {
        return acknowledged.stream().map(requests::get).toList();
    }

    /** What was sent and not acknowledged: any event of it may count or not. */
    List<ByteBuffer> open() {
        return open.stream().mapToObj(requests::get).toList();
    }

    /** All that were {@link #open} have been acknowledged since. */
    void close() {
        open.stream().forEach(acknowledged::add);
        open.clear();
        refusals = 0;
    }
}
