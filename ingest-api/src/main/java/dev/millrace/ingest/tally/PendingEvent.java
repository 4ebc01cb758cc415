package dev.millrace.ingest.tally;

import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import java.util.ArrayList;
import java.util.List;

/** An event that waits for its outcome, and those of the same identity that wait for its. Guarded by its log. */
final class PendingEvent {
    private final PendingRequest request;
    private final int position;
    private final PricedEvent event;
    private List<PendingEvent> doubles = List.of();

    /** @param position where in its request the event stands */
    PendingEvent(PendingRequest request, int position, PricedEvent event) {
        this.request = request;
        this.position = position;
        this.event = event;
    }

    PricedEvent event() {
        return event;
    }

    long identity() {
        return event.identity();
    }

    boolean isOver() {
        return request.isOver();
    }

    void addDouble(PendingEvent later) {
        if (doubles.isEmpty()) {
            doubles = new ArrayList<>(1);
        }
        doubles.add(later);
    }

    List<PendingEvent> doubles() {
        return doubles;
    }

    void conclude(Outcome outcome) {
        request.conclude(position, outcome);
    }

    void fail(Throwable why) {
        request.fail(why);
    }
}
