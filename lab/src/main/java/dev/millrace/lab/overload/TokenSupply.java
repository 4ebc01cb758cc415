package dev.millrace.lab.overload;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The requests that arrivals are sent as. A token counts once, so a request that was refused goes out again before any that
 * never did, as another arrival: there need to be no more requests than the server acknowledges. For one thread.
 */
final class TokenSupply {
    private final List<ByteBuffer> requests;
    private final boolean replays;
    private final int[] refused;
    private final List<Integer> acknowledged = new ArrayList<>();
    private final BitSet open = new BitSet();
    private int refusals;
    private int taken;

    private TokenSupply(List<ByteBuffer> requests, boolean replays) {
        this.requests = List.copyOf(requests);
        this.replays = replays;
        this.refused = new int[requests.size()];
    }

    /** Requests of which none has been sent yet. */
    static TokenSupply fresh(List<ByteBuffer> requests) {
        return new TokenSupply(requests, false);
    }

    /** Requests that have all been acknowledged, in turns and without end. */
    static TokenSupply replays(List<ByteBuffer> requests) {
        return new TokenSupply(requests, true);
    }

    /** Whether there is nothing to take at the moment. */
    boolean isEmpty() {
        return !replays && refusals == 0 && taken == requests.size();
    }

    /** The number of the request that goes out now; only where there is one. */
    int take() {
        if (replays) {
            return taken++ % requests.size();
        }
        if (refusals > 0) {
            return refused[--refusals];
        }
        open.set(taken);
        return taken++;
    }

    /** The request as it goes over the wire. */
    ByteBuffer bytes(int request) {
        return requests.get(request);
    }

    /** Each of its events counts. */
    void acknowledged(int request) {
        if (!replays) {
            open.clear(request);
            acknowledged.add(request);
        }
    }

    /** The server asked for the same again. A request without an answer never goes out again: its answer would be about both. */
    void refused(int request) {
        if (!replays) {
            refused[refusals++] = request;
        }
    }

    /** How many have been sent at least once. */
    int sent() {
        return taken;
    }

    /** All that have been acknowledged so far. */
    List<ByteBuffer> acknowledged() {
        return acknowledged.stream().map(requests::get).toList();
    }

    /** All that were sent and not acknowledged: any event of them may count or not. */
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
