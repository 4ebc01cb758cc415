package dev.millrace.ingest.receive;

import dev.millrace.ingest.limit.Lane;

/**
 * Bounds the work that has been begun, so that what is accepted is answered soon however much more comes. A request asks once its
 * body has arrived, before anything is made of it: until then a slow sender would hold a place for nothing, from then on
 * turning it away costs little more than reading it did. Thread-safe.
 */
final class Admission {
    /** A core takes some 5 MB of events a second, so this is less than half a second's work. */
    private static final int KIB_PER_CORE = 2_048;

    /** What a request costs besides its events is what some six of them cost. */
    private static final int KIB_PER_REQUEST = 2;

    private static final int KIB = 1_024;

    private final Lane room;

    /**
     * @param cores that share the work
     */
    Admission(int cores) {
        this.room = new Lane(cores * KIB_PER_CORE);
    }

    /** A place, to be given back by closing it. */
    record Place(Lane room, int size) implements AutoCloseable {
        @Override
        public void close() {
            room.leave(size);
        }
    }

    /**
     * @param bytes of the request's body
     * @throws Refusal when there is no room
     */
    Place admit(int bytes) {
        int size = KIB_PER_REQUEST + bytes / KIB;
        if (!room.enter(size)) {
            throw Refusal.overloaded("Too many events at once", "this node has begun as much as it can do soon");
        }
        return new Place(room, size);
    }
}
