package dev.millrace.lab.overload;

import java.nio.ByteBuffer;
import java.util.List;

/** Requests that have all been acknowledged, sent again in turns for as long as somebody takes them. For one thread. */
final class Replays implements Supply {
    private final List<ByteBuffer> requests;
    private int next;

    /** @param requests at least one */
    Replays(List<ByteBuffer> requests) {
        this.requests = List.copyOf(requests);
    }

    @Override
    public boolean isEmpty() {
        return false;
    }

    @Override
    public int take() {
        int taken = next;
        next = (next + 1) % requests.size();
        return taken;
    }

    @Override
    public ByteBuffer bytes(int request) {
        return requests.get(request);
    }

    @Override
    public void acknowledged(int request) {}

    @Override
    public void refused(int request) {}

    @Override
    public void unanswered(int request) {}
}
