package dev.millrace.counters;

import com.google.common.primitives.Longs;
import io.lettuce.core.SetArgs;
import java.time.Duration;
import java.util.List;

/**
 * What is known for a short while of the visitors of pages that hold page tokens: the key under which they are hashed on a day, and how many of them each
 * network had in an hour ({@code visitors.lua}). Both expire by themselves. Thread-safe.
 */
public final class Visitors {
    /** Characters of the key of a day: 32 random bytes in base64url. */
    public static final int KEY_CHARACTERS = 43;

    /** The partition in which the keys of all days are. */
    public static final Partition OF_KEYS = Partition.of(0);

    /** After it nobody can tell any more who a visitor was. */
    private static final Duration KEPT = Duration.ofDays(2);

    private static final int HOUR = 3_600;

    private static final Script ADMIT = new Script("visitors.lua");

    private Visitors() {}

    /**
     * The key of a day: the one that is in force, or the offered one, which is in force for all nodes from then on.
     *
     * @param link of {@link #OF_KEYS}
     * @param day since 1970, UTC
     * @param offered {@link #KEY_CHARACTERS} random characters
     * @throws RedisUnavailableException also where the key in force is none, because somebody has edited it
     */
    public static String keyOfDay(Link link, long day, String offered) {
        String name = OF_KEYS.visitorKey(day);
        byte[] found = link.await(link.own(link.connection()
                .async()
                .setGet(
                        Link.bytes(name),
                        Link.bytes(offered),
                        SetArgs.Builder.nx().ex(KEPT))));
        if (found != null && found.length != KEY_CHARACTERS) {
            throw new RedisUnavailableException("%s in Redis has %d characters and not %d; delete it"
                    .formatted(name, found.length, KEY_CHARACTERS));
        }
        return found == null ? offered : Link.text(found);
    }

    /**
     * Whether a visitor is one of those that its network may have in this hour; counts it where it is new.
     *
     * @param link of the network's partition
     * @param network hash of it
     * @param visitor hash of the visitor
     * @param most visitors of a network in an hour, at least 1
     * @param second of Redis' clock, Unix time
     */
    public static boolean admit(Link link, long network, long visitor, int most, long second) {
        String key = partition(network).visitors(second / HOUR, network);
        return ADMIT.run(link, List.of(key), Longs.toByteArray(visitor), most, HOUR - second % HOUR)
                .getFirst()
                .equals(1L);
    }

    /** The partition in which the visitors of a network are counted. */
    public static Partition partition(long network) {
        return Partition.of(Math.floorMod(network, Partition.COUNT));
    }
}
