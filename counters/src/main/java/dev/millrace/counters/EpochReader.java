package dev.millrace.counters;

import dev.millrace.common.token.EngagementName;
import io.lettuce.core.KeyValue;
import io.lettuce.core.MapScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the keys of an epoch piece by piece, so that Redis is never held up for long and memory stays bounded. Of an epoch that is not
 * sealed the pieces are of different moments.
 */
public final class EpochReader {
    private EpochReader() {}

    /** Takes a field; one may come twice, as HSCAN names one again where the hash is rearranged. */
    public interface FieldSink {
        void take(String field, String value) throws MalformedCountersException;
    }

    /** Takes units of a name; several of one name may come, and negative ones for units taken back. */
    public interface RecordSink {
        void take(EngagementName name, long units) throws MalformedCountersException;
    }

    /**
     * An entry of a stream of records.
     *
     * @param fields by name
     */
    record Entry(String id, Map<String, byte[]> fields) {
        /** @throws IllegalArgumentException when it is none of ours */
        List<Records.Units> records() {
            byte[] records = fields.get("r");
            if (records == null) {
                throw new IllegalArgumentException("entry %s has no records".formatted(id));
            }
            return Records.read(records, fields.get("t"));
        }
    }

    /**
     * Hands on all fields of a hash; nothing where there is none.
     *
     * @param page fields that Redis names at a time
     * @param alive called after each page
     */
    public static void fields(Link link, String key, int page, FieldSink sink, Runnable alive)
            throws MalformedCountersException {
        ScanArgs arguments = ScanArgs.Builder.limit(page);
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            MapScanCursor<byte[], byte[]> found =
                    link.await(link.own(link.connection().async().hscan(Link.bytes(key), cursor, arguments)));
            for (Map.Entry<byte[], byte[]> field : found.getMap().entrySet()) {
                sink.take(Link.text(field.getKey()), Link.text(field.getValue()));
            }
            alive.run();
            cursor = found;
        } while (!cursor.isFinished());
    }

    /** Fields of a hash, in their order; null where one is missing. */
    public static List<@Nullable String> values(Link link, String key, String... fields) {
        byte[][] names = Arrays.stream(fields).map(Link::bytes).toArray(byte[][]::new);
        List<KeyValue<byte[], byte[]>> values =
                link.await(link.own(link.connection().async().hmget(Link.bytes(key), names)));
        List<@Nullable String> texts = new ArrayList<>(values.size());
        values.forEach(value -> texts.add(value.hasValue() ? Link.text(value.getValue()) : null));
        return texts;
    }

    /**
     * Hands on all records of an epoch: the folded ones, then those of the stream. Where a fold came in between, it begins again.
     *
     * @param page entries or fields that Redis names at a time
     * @param begin called before the first record, and before each beginning again: all that was handed on is void
     * @param alive called after each page
     */
    public static void records(
            Link link, Partition partition, long epoch, int page, Runnable begin, RecordSink sink, Runnable alive)
            throws MalformedCountersException {
        records(link, partition.engage(epoch), partition.folded(epoch), page, begin, sink, alive);
    }

    /** The same of records under any keys, as of a quarantined epoch. */
    public static void records(
            Link link, String engage, String folded, int page, Runnable begin, RecordSink sink, Runnable alive)
            throws MalformedCountersException {
        String first;
        do {
            begin.run();
            first = first(link, engage);
            Map<String, String> sums = new HashMap<>(); // HSCAN may name a field twice
            fields(link, folded, page, sums::put, alive);
            for (Map.Entry<String, String> field : sums.entrySet()) {
                sink.take(name(field.getKey()), units(field.getKey(), field.getValue()));
            }
            stream(link, engage, page, sink, alive);
        } while (!first.equals(first(link, engage)));
    }

    private static void stream(Link link, String engage, int page, RecordSink sink, Runnable alive)
            throws MalformedCountersException {
        String from = "-";
        List<Entry> entries;
        do {
            entries = entries(link, engage, from, page);
            for (Entry entry : entries) {
                try {
                    for (Records.Units units : entry.records()) {
                        sink.take(units.name(), units.units());
                    }
                } catch (IllegalArgumentException e) {
                    throw new MalformedCountersException(
                            "entry %s of %s: %s".formatted(entry.id(), engage, e.getMessage()));
                }
                from = "(" + entry.id();
            }
            alive.run();
        } while (entries.size() == page);
    }

    private static String first(Link link, String engage) {
        List<Entry> first = entries(link, engage, "-", 1);
        return first.isEmpty() ? "" : first.getFirst().id();
    }

    private static EngagementName name(String field) throws MalformedCountersException {
        try {
            return EngagementName.parse(field);
        } catch (IllegalArgumentException e) {
            throw new MalformedCountersException(String.valueOf(e.getMessage()));
        }
    }

    private static long units(String field, String value) throws MalformedCountersException {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new MalformedCountersException("'%s' holds '%s', which is no whole number".formatted(field, value));
        }
    }

    static List<Entry> entries(Link link, String engage, String from, int most) {
        List<Object> reply = link.await(link.send(
                CommandType.XRANGE,
                new NestedMultiOutput<>(ByteArrayCodec.INSTANCE),
                Link.arguments()
                        .addKey(Link.bytes(engage))
                        .add(from)
                        .add("+")
                        .add("COUNT")
                        .add(most)));
        List<Entry> entries = new ArrayList<>(reply.size());
        for (Object one : reply) {
            List<?> entry = (List<?>) one;
            List<?> flat = (List<?>) entry.get(1);
            Map<String, byte[]> fields = new HashMap<>();
            for (int i = 0; i < flat.size(); i += 2) {
                fields.put(Link.text(flat.get(i)), (byte[]) flat.get(i + 1));
            }
            entries.add(new Entry(Link.text(entry.get(0)), fields));
        }
        return entries;
    }
}
