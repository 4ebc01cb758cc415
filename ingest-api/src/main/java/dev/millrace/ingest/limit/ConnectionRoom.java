package dev.millrace.ingest.limit;

/**
 * How many connections a heap has room for when all of them are in the middle of a request. Who sends the beginning of a head or of a body
 * and then a byte now and then holds all that a request needs, and no permit: without a bound as many such as the server takes
 * connections would fill the memory (decision 22).
 */
public final class ConnectionRoom {
    /** Bytes of the heap that a request takes whose body is awaited, the server's buffers above all: 114 KiB measured. */
    static final long OF_ONE = 120 * 1024;

    /** Bytes that are left to everything else: what there is before anybody comes (27 MiB), bodies, and what is made of them. */
    static final long OF_THE_REST = 128L << 20;

    /** However small the heap is. */
    static final int LEAST = 256;

    private ConnectionRoom() {}

    /** @param heapBytes that the heap may have at most */
    public static int in(long heapBytes) {
        return Math.toIntExact(Math.clamp((heapBytes - OF_THE_REST) / OF_ONE, LEAST, Integer.MAX_VALUE));
    }
}
