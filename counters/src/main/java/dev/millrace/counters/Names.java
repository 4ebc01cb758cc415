package dev.millrace.counters;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The creators and articles that publishers with a limit of new ones have paid for, in one partition ({@code names.lua}). The worker loads a publisher's
 * from the ledger; from then on ingest nodes add the new ones. Names stand as hashes: one of 2<sup>64</sup> taken for another is let through.
 */
public final class Names {
    /** Names that go to Redis at a time. */
    private static final int CHUNK = 1_000;

    private static final HashFunction HASH = Hashing.murmur3_128();
    private static final Script SCRIPT = new Script("names.lua");

    private Names() {}

    /**
     * A name.
     *
     * @param creator whether it is a creator's, else an article's
     */
    public record Name(boolean creator, long hash) {
        /** Of a creator. */
        public static Name of(String creator) {
            return new Name(true, hash(creator));
        }

        /** Of an article of this creator: an article of two creators counts twice. */
        public static Name of(String creator, String article) {
            return new Name(false, hash(creator + '|' + article));
        }

        private static long hash(String text) {
            return HASH.hashString(text, StandardCharsets.UTF_8).asLong();
        }

        byte[] bytes() {
            return ByteBuffer.allocate(1 + Long.BYTES)
                    .put((byte) (creator ? 'c' : 'a'))
                    .putLong(hash)
                    .array();
        }
    }

    /** The reply of {@code names.lua}. */
    public sealed interface Reply {
        /**
         * @param day since 1970, UTC
         * @param creators new ones of that day in this partition; {@code articles} likewise
         * @param letters one a name: K known before, N made known, X neither
         */
        record Judged(long day, long creators, long articles, String letters) implements Reply {}

        /** The worker has not loaded the names yet. */
        record Unloaded() implements Reply {}
    }

    /**
     * Judges names of a publisher.
     *
     * @param newCreators most that may be made known; {@code newArticles} likewise
     */
    public static Reply judge(
            Link link, Partition partition, String publisher, long newCreators, long newArticles, List<Name> names) {
        List<Object> arguments = new ArrayList<>(List.of(publisher, link.process(), newCreators, newArticles));
        names.forEach(name -> arguments.add(name.bytes()));
        List<Object> reply = SCRIPT.run(
                link,
                List.of(partition.ctl(), partition.named(), partition.names(publisher), partition.newNames(publisher)),
                arguments.toArray());
        return switch (Link.text(reply.getFirst())) {
            case "judged" ->
                new Reply.Judged(
                        (Long) reply.get(1), (Long) reply.get(2), (Long) reply.get(3), Link.text(reply.get(4)));
            case "unloaded" -> new Reply.Unloaded();
            default ->
                throw new RedisUnavailableException(
                        "this Redis has not been compared with the ledger yet; settlement-worker does that");
        };
    }

    /** New creators and articles of a publisher on a day in this partition, in this order. */
    public static List<Long> today(Link link, Partition partition, String publisher, long day) {
        return EpochReader.values(link, partition.newNames(publisher), day + "|c", day + "|a").stream()
                .map(Numbers::orZero)
                .toList();
    }

    /** The publishers whose names are loaded. */
    public static Set<String> loaded(Link link, Partition partition) {
        return link.await(link.own(link.connection().async().smembers(Link.bytes(partition.named())))).stream()
                .map(Link::text)
                .collect(Collectors.toSet());
    }

    /** Adds names that the ledger knows. */
    public static void add(Link link, Partition partition, String publisher, Collection<Name> names) {
        List<byte[]> all = names.stream().map(Name::bytes).toList();
        for (int from = 0; from < all.size(); from += CHUNK) {
            byte[][] chunk =
                    all.subList(from, Math.min(from + CHUNK, all.size())).toArray(byte[][]::new);
            link.await(link.own(link.connection().async().sadd(Link.bytes(partition.names(publisher)), chunk)));
        }
    }

    /** All names of a publisher have been added. */
    public static void complete(Link link, Partition partition, String publisher) {
        link.await(link.own(link.connection().async().sadd(Link.bytes(partition.named()), Link.bytes(publisher))));
    }

    /** Forgets that names are loaded, where counters were lost; what is there stays until they are loaded again. */
    public static void forget(Link link, Partition partition) {
        link.await(link.own(link.connection().async().unlink(Link.bytes(partition.named()))));
    }

    /** Deletes the names of a publisher without such a limit. */
    public static void drop(Link link, Partition partition, String publisher) {
        link.await(link.own(link.connection().async().srem(Link.bytes(partition.named()), Link.bytes(publisher))));
        byte[][] keys = Stream.of(partition.names(publisher), partition.newNames(publisher))
                .map(Link::bytes)
                .toArray(byte[][]::new);
        link.await(link.own(link.connection().async().unlink(keys)));
    }
}
