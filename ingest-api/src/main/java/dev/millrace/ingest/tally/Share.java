package dev.millrace.ingest.tally;

import dev.millrace.ingest.verify.Countable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The events of one request that belong to one partition and go through one lane. For one thread at a time. */
final class Share {
    private final Pending request;
    private final int partition;
    private final List<Countable> events = new ArrayList<>();
    private int[] positions = new int[4];

    Share(Pending request, int partition) {
        this.request = request;
        this.partition = partition;
    }

    /**
     * @param position where in its request the event stands
     */
    void add(Countable event, int position) {
        if (events.size() == positions.length) {
            positions = Arrays.copyOf(positions, 2 * positions.length);
        }
        positions[events.size()] = position;
        events.add(event);
    }

    Pending request() {
        return request;
    }

    int partition() {
        return partition;
    }

    List<Countable> events() {
        return events;
    }

    int size() {
        return events.size();
    }

    /** The i-th event has its outcome. */
    void conclude(int i, Outcome outcome) {
        request.conclude(positions[i], outcome);
    }
}
