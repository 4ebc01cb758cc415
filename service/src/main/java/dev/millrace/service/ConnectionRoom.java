package dev.millrace.service;

/**
 * How many connections a heap has room for when all of them are in the middle of a request. A slow sender holds a request's
 * buffers for as long as it likes to send, so without this bound slow senders alone could exhaust the heap.
 */
final class ConnectionRoom {
    /** Bytes of the heap for one request whose head or body is awaited: 122 KiB measured, mostly the server's buffers. */
    static final long OF_ONE = 128 * 1024;

    /** Bytes for everything else: the service at rest (27 MiB), bodies, and their parsed events. */
    static final long OF_THE_REST = 128L << 20;

    /** However small the heap is. */
    static final int LEAST = 256;

    private ConnectionRoom() {}

    /** @param heapBytes that the heap may have at most */
    static int in(long heapBytes) {
        return Math.toIntExact(Math.clamp((heapBytes - OF_THE_REST) / OF_ONE, LEAST, Integer.MAX_VALUE));
    }
}
