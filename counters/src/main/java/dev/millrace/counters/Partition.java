package dev.millrace.counters;

import dev.millrace.common.token.Kid;
import dev.millrace.common.token.Retention;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * One of the sixteen parts that the creators are divided among, and the names of its keys. All of them carry one hash tag, so that they
 * are on one node of a Redis Cluster and one script may touch them all.
 *
 * @param number 0 to 15
 */
public record Partition(int number) {
    /** How many there are. */
    public static final int COUNT = 16;

    /** Their slots lie in the first, second, … sixteenth of a cluster's 16,384, away from its borders: even ranges share them evenly. */
    private static final List<String> TAGS = List.of(
            "{p00an}:",
            "{p01ai}:",
            "{p02h}:",
            "{p03bn}:",
            "{p04c}:",
            "{p05dn}:",
            "{p06fi}:",
            "{p07fn}:",
            "{p08fo}:",
            "{p09o}:",
            "{p10c}:",
            "{p11dc}:",
            "{p12fe}:",
            "{p13fb}:",
            "{p14ac}:",
            "{p15ad}:");

    private static final List<Partition> ALL =
            IntStream.range(0, COUNT).mapToObj(Partition::new).toList();

    public Partition {
        if (number < 0 || number >= COUNT) {
            throw new IllegalArgumentException("partition %d is not 0 to %d".formatted(number, COUNT - 1));
        }
    }

    /** All sixteen, in order. */
    public static List<Partition> all() {
        return ALL;
    }

    /** The partition of this number, 0 to 15. */
    public static Partition of(int number) {
        return ALL.get(number);
    }

    /** Where a creator's money is counted, and a publisher's verdicts: the CRC-32 (ISO 3309) of the id in UTF-8, modulo sixteen. */
    public static Partition of(String creator) {
        CRC32 hash = new CRC32();
        hash.update(creator.getBytes(StandardCharsets.UTF_8));
        return ALL.get((int) (hash.getValue() % COUNT));
    }

    /** The prefix of all its keys. */
    public String tag() {
        return TAGS.get(number);
    }

    /** The control fields: lineage, epoch, clock, process, state of the logs, totals ({@link Ctl}). */
    public String ctl() {
        return tag() + "ctl";
    }

    /** The log of counted identities, of one class. */
    public String log(Retention retention) {
        return tag() + "log:" + retention.wireName();
    }

    /** A hash of each creator's earnings in this epoch. */
    public String earn(long epoch) {
        return tag() + "earn:" + epoch;
    }

    /** What publishers have spent in settled epochs, as the worker notes it. */
    public String spent() {
        return tag() + "spent";
    }

    /** The publishers whose {@link #names} are loaded. */
    public String named() {
        return tag() + "named";
    }

    /** Hashes of the creators and articles that a publisher with a limit of new ones has paid for ({@link Names}). */
    public String names(String publisher) {
        return tag() + "names:" + publisher;
    }

    /** How many of them were new, by day. */
    public String newNames(String publisher) {
        return tag() + "new:" + publisher;
    }

    /** The key under which visitors of pages are hashed on a day ({@link Visitors}). */
    public String visitorKey(long day) {
        return tag() + "visitor-key:" + day;
    }

    /**
     * Hashes of the visitors that a network had in an hour.
     *
     * @param hour since 1970
     * @param network hash of the network
     */
    public String visitors(long hour, long network) {
        return tag() + "visitors:" + hour + ":" + Long.toHexString(network);
    }

    /**
     * The publishers that have verdicts in an hour ({@link Verdicts}). Like all keys of verdicts it is in the publisher's partition: that of its id.
     *
     * @param hour since 1970
     */
    public String verdicts(long hour) {
        return tag() + "verdicts:" + hour;
    }

    /** How many events of a publisher met each verdict in an hour. */
    public String verdicts(long hour, String publisher) {
        return verdicts(hour) + ":" + publisher;
    }

    /** The last verdicts on events under a key, by node. */
    public String last(Kid kid) {
        return tag() + "last:" + kid;
    }

    /** The engagement of this epoch: a stream of records ({@link Records}). */
    public String engage(long epoch) {
        return tag() + "engage:" + epoch;
    }

    /** The same summed by name, once the beginning of the stream has been folded. */
    public String folded(long epoch) {
        return tag() + "folded:" + epoch;
    }

    /**
     * Where a key goes that was in the way when the partition was opened anew.
     *
     * @param lineage of that opening
     * @param kind {@code earn}, {@code engage} or {@code folded}
     */
    public String quarantine(long lineage, String kind, long epoch) {
        return tag() + "quarantine:" + lineage + ":" + kind + ":" + epoch;
    }

    @Override
    public String toString() {
        return "partition %02d".formatted(number);
    }
}
