package dev.millrace.counters;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An entry of a log: what one section counted.
 *
 * @param id its ID, {@code <milliseconds>-<number>}
 * @param identities packed, 8 bytes each
 */
public record LogEntry(String id, LongBuffer identities) {
    /** Entries as the scripts tell them: ID, identities, ID, identities, … */
    static List<LogEntry> list(Object flat) {
        List<?> parts = (List<?>) flat;
        List<LogEntry> entries = new ArrayList<>(parts.size() / 2);
        for (int i = 0; i < parts.size(); i += 2) {
            entries.add(new LogEntry(
                    Link.text(parts.get(i)),
                    ByteBuffer.wrap((byte[]) parts.get(i + 1))
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .asLongBuffer()));
        }
        return entries;
    }

    /** Redis' second at which it was logged, or a later one where its clock had fallen back. */
    public long second() {
        return Long.parseLong(id, 0, id.indexOf('-'), 10) / 1_000;
    }

    /** How many identities it has. */
    public int size() {
        return identities.remaining();
    }
}
