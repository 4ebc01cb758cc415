package dev.millrace.lab.load;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory outside the heap that requests are written to once and sent from as they are, kept from round to round. It grows
 * to what the largest round takes. Thread-safe.
 */
public final class Slabs {
    private static final int BYTES = 16 << 20;

    private final List<ByteBuffer> slabs = new ArrayList<>();
    private int current;

    /** What was put is void from now on. */
    public synchronized void clear() {
        slabs.forEach(ByteBuffer::clear);
        current = 0;
    }

    /**
     * A copy of the bytes, until {@link #clear}.
     *
     * @param bytes at most 16 MiB
     */
    public synchronized ByteBuffer put(ByteBuffer bytes) {
        ByteBuffer slab = withRoom(bytes.remaining());
        ByteBuffer copy = slab.slice(slab.position(), bytes.remaining());
        slab.put(bytes);
        return copy;
    }

    private ByteBuffer withRoom(int bytes) {
        while (current < slabs.size() && slabs.get(current).remaining() < bytes) {
            current++;
        }
        if (current == slabs.size()) {
            slabs.add(ByteBuffer.allocateDirect(BYTES));
        }
        return slabs.get(current);
    }
}
