package dev.millrace.counters;

import com.google.common.base.Preconditions;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.Retention;
import io.lettuce.core.protocol.CommandArgs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The part of a call of {@code tally.lua} for one partition and class: identities, and the sums of their events. Built event by event; for one
 * thread.
 */
public final class TallySection {
    /** Most events: their indexes have 16 bits, and a section is short enough for the tail of others. */
    public static final int MOST_EVENTS = 4_096;

    /** Bytes of an event's details; tally.lua says which. */
    private static final int DETAIL = 30;

    private static final int IDENTITY = Long.BYTES;

    private final Partition partition;
    private final Retention retention;
    private final Map<String, Sum> creators = new LinkedHashMap<>();
    private final Map<String, Sum> publishers = new LinkedHashMap<>();
    private final Map<EngagementName, Sum> records = new LinkedHashMap<>();
    private ByteBuffer identities;
    private ByteBuffer details;
    private int events;
    private long allMayCount = Long.MIN_VALUE;
    private long oneExpires = Long.MAX_VALUE;
    private long leastIssued = Long.MAX_VALUE;

    /** @param expected events, more or less */
    public TallySection(Partition partition, Retention retention, int expected) {
        this.partition = partition;
        this.retention = retention;
        this.identities = buffer(IDENTITY * Math.max(1, expected));
        this.details = buffer(DETAIL * Math.max(1, expected));
    }

    private static final class Sum {
        private final int index;
        private long amount;

        Sum(int index) {
            this.index = index;
        }
    }

    public Partition partition() {
        return partition;
    }

    public Retention retention() {
        return retention;
    }

    /** How many events it has. */
    public int events() {
        return events;
    }

    /**
     * Adds an event whose identity is not among the section's yet.
     *
     * @param units at least 1
     * @param micros price of the units
     * @param issuedAt the token's {@code iat}, {@code expiresAt} its {@code exp}, Unix seconds
     * @param earliest first second at which the event may count
     */
    public void add(
            long identity, EngagementName name, long units, long micros, long issuedAt, long expiresAt, long earliest) {
        Preconditions.checkState(events < MOST_EVENTS, "a section has at most %s events", MOST_EVENTS);
        identities = roomFor(identities, IDENTITY).putLong(identity);
        Sum earned = creators.computeIfAbsent(name.creator(), _ -> new Sum(creators.size()));
        Sum spent = publishers.computeIfAbsent(name.publisher(), _ -> new Sum(publishers.size()));
        Sum engaged = records.computeIfAbsent(name, _ -> new Sum(records.size()));
        earned.amount = Math.addExact(earned.amount, micros);
        spent.amount = Math.addExact(spent.amount, micros);
        engaged.amount = Math.addExact(engaged.amount, units);
        details = roomFor(details, DETAIL)
                .putInt((int) issuedAt)
                .putInt((int) expiresAt)
                .putInt((int) Math.max(0, earliest))
                .putShort((short) earned.index)
                .putShort((short) spent.index)
                .putShort((short) engaged.index)
                .putInt(Math.toIntExact(units))
                .putLong(micros);
        allMayCount = Math.max(allMayCount, earliest);
        oneExpires = Math.min(oneExpires, expiresAt);
        leastIssued = Math.min(leastIssued, issuedAt);
        events++;
    }

    /** The identity of the i-th event, from 0. */
    public long identity(int i) {
        return identities.getLong(IDENTITY * i);
    }

    /** The keys, given the epoch to count in. */
    void addKeys(long epoch, CommandArgs<byte[], byte[]> to) {
        to.addKey(Link.bytes(partition.ctl()))
                .addKey(Link.bytes(partition.log(retention)))
                .addKey(Link.bytes(partition.earn(epoch)))
                .addKey(Link.bytes(partition.engage(epoch)));
    }

    /** The arguments, given the caller's position and epoch. */
    void addArguments(LogPosition position, long epoch, CommandArgs<byte[], byte[]> to) {
        to.add(retention.wireName())
                .add(Long.toString(position.lineage()))
                .add(Long.toString(epoch))
                .add(position.id())
                .add(written(identities))
                .add(Long.toString(events == 0 ? 0 : allMayCount))
                .add(Long.toString(events == 0 ? Long.MAX_VALUE / 1024 : oneExpires))
                .add(Long.toString(events == 0 ? Long.MAX_VALUE / 1024 : leastIssued))
                .add(written(details))
                .add(records())
                .add(creators.size())
                .add(publishers.size());
        creators.forEach((creator, earned) -> to.add(Link.bytes(creator)).add(Long.toString(earned.amount)));
        publishers.forEach((publisher, spent) -> to.add(Link.bytes(publisher)).add(Long.toString(spent.amount)));
    }

    /** The records in the order of their indexes, which is that of their first events. */
    private byte[] records() {
        int most = records.keySet().stream().mapToInt(Records::mostBytes).sum();
        ByteBuffer out = buffer(most);
        records.forEach((name, sum) -> Records.write(name, sum.amount, out));
        return written(out);
    }

    private static byte[] written(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.position()];
        buffer.get(0, bytes);
        return bytes;
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer roomFor(ByteBuffer buffer, int more) {
        if (buffer.remaining() >= more) {
            return buffer;
        }
        return buffer(2 * buffer.capacity() + more).put(buffer.flip());
    }
}
