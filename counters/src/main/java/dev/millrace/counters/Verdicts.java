package dev.millrace.counters;

import com.google.common.math.LongMath;
import dev.millrace.common.token.Kid;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * What became of publishers' events: how many met each verdict in an hour, and the last verdicts under each key. Each node writes what it has
 * counted itself, in fields of its own and as a whole, so writing the same again changes nothing. All of it expires by itself. Thread-safe.
 */
public final class Verdicts {
    /** For how long the verdicts of an hour are there. */
    public static final Duration HOURS_KEPT = Duration.ofDays(2);

    /** For how long the last verdicts are there after the last of them. */
    private static final Duration LAST_KEPT = Duration.ofDays(1);

    /** Nodes whose last verdicts of a key are kept. Each start of a node is another one; it takes the place of the one that is silent for the longest. */
    static final int MOST_NODES = 16;

    private static final Pattern FORM = Pattern.compile("(accepted|duplicate|(filtered|rejected):[a-z-]{1,40})");

    private Verdicts() {}

    /**
     * What a node has counted of a publisher in an hour.
     *
     * @param hour since 1970, by Redis' clock
     * @param counts by verdict, each since the hour's beginning
     * @param whole whether it is written for the first time, or may have been lost: then its expiry is set too
     */
    public record Hour(String publisher, long hour, Map<String, Long> counts, boolean whole) {}

    /**
     * A node's last verdicts under a key.
     *
     * @param lines the newest first, one a line ({@link LastVerdict#line})
     * @param first whether this node writes this key's for the first time
     */
    public record Last(Kid kid, String lines, boolean first) {}

    /** The partition where a publisher's verdicts are. */
    public static Partition partition(String publisher) {
        return Partition.of(publisher);
    }

    /**
     * Writes what a node has counted.
     *
     * @param link of the one partition that all these publishers are in
     * @param node a name that no other process has, of characters other than {@code |}
     * @return completes when all of it is there. After a failure some of it may be
     */
    public static CompletableFuture<Void> write(Link link, String node, Collection<Hour> hours, Collection<Last> last) {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        hours.forEach(hour -> write(link, node, hour, answers));
        last.forEach(one -> write(link, node, one, answers));
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .orTimeout(link.timeout().toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(e -> CompletableFuture.failedFuture(link.understood(e)));
    }

    private static void write(Link link, String node, Hour hour, List<CompletableFuture<?>> answers) {
        var redis = link.connection().async();
        Partition partition = partition(hour.publisher());
        byte[] key = Link.bytes(partition.verdicts(hour.hour(), hour.publisher()));
        IdentityHashMap<byte[], byte[]> fields = new IdentityHashMap<>();
        hour.counts().forEach((verdict, count) -> fields.put(Link.bytes(verdict + "|" + node), number(count)));
        answers.add(link.own(redis.hset(key, fields)));
        if (hour.whole()) {
            byte[] publishers = Link.bytes(partition.verdicts(hour.hour()));
            answers.add(link.own(redis.expire(key, HOURS_KEPT)));
            answers.add(link.own(redis.sadd(publishers, Link.bytes(hour.publisher()))));
            answers.add(link.own(redis.expire(publishers, HOURS_KEPT)));
        }
    }

    private static byte[] number(long number) {
        return Link.bytes(Long.toString(number));
    }

    private static void write(Link link, String node, Last last, List<CompletableFuture<?>> answers) {
        var redis = link.connection().async();
        byte[] key = Link.bytes(partition(last.kid().publisher()).last(last.kid()));
        if (last.first()) {
            answers.add(link.own(redis.hgetall(key)).thenCompose(found -> {
                byte[][] silent = silent(found);
                return silent.length == 0 ? CompletableFuture.completedFuture(0L) : link.own(redis.hdel(key, silent));
            }));
        }
        answers.add(link.own(redis.hset(key, Link.bytes(node), Link.bytes(last.lines()))));
        answers.add(link.own(redis.expire(key, LAST_KEPT)));
    }

    /** The nodes beyond the most that are kept beside this one. */
    private static byte[][] silent(Map<byte[], byte[]> nodes) {
        return nodes.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<byte[], byte[]> node) -> newest(node.getValue()))
                        .reversed())
                .skip(MOST_NODES - 1)
                .map(Map.Entry::getKey)
                .toArray(byte[][]::new);
    }

    private static long newest(byte[] lines) {
        List<LastVerdict> all = LastVerdict.read(Link.text(lines));
        return all.isEmpty() ? 0 : all.getFirst().at();
    }

    /** The publishers that have verdicts in this hour. */
    public static Set<String> publishers(Link link, Partition partition, long hour) {
        Set<String> publishers = new HashSet<>();
        link.await(link.own(link.connection().async().smembers(Link.bytes(partition.verdicts(hour)))))
                .forEach(publisher -> publishers.add(Link.text(publisher)));
        return publishers;
    }

    /**
     * How many events of these publishers met each verdict in an hour, by publisher and verdict; a publisher without any is left out.
     *
     * @param link of the one partition that all these publishers are in
     */
    public static Map<String, Map<String, Long>> hour(Link link, long hour, Collection<String> publishers) {
        Map<String, CompletableFuture<Map<byte[], byte[]>>> answers = new LinkedHashMap<>();
        publishers.forEach(publisher -> answers.put(publisher, read(link, publisher, hour)));
        Map<String, Map<String, Long>> sums = new HashMap<>();
        answers.forEach((publisher, answer) -> {
            Map<String, Long> sum = sum(fields(link.await(answer)));
            if (!sum.isEmpty()) {
                sums.put(publisher, sum);
            }
        });
        return sums;
    }

    /**
     * How many events of a publisher met each verdict in these hours, by hour and verdict; an hour without any is left out.
     *
     * @param node the caller
     * @param own what it has counted, by hour and verdict; Redis may not have all of it yet
     */
    public static Map<Long, Map<String, Long>> hours(
            Link link, String publisher, List<Long> hours, String node, Map<Long, Map<String, Long>> own) {
        Map<Long, CompletableFuture<Map<byte[], byte[]>>> answers = new LinkedHashMap<>();
        hours.forEach(hour -> answers.put(hour, read(link, publisher, hour)));
        Map<Long, Map<String, Long>> sums = new HashMap<>();
        answers.forEach((hour, answer) -> {
            Map<String, Long> fields = fields(link.await(answer));
            own.getOrDefault(hour, Map.of())
                    .forEach((verdict, count) -> fields.merge(verdict + "|" + node, count, Math::max));
            Map<String, Long> sum = sum(fields);
            if (!sum.isEmpty()) {
                sums.put(hour, sum);
            }
        });
        return sums;
    }

    private static CompletableFuture<Map<byte[], byte[]>> read(Link link, String publisher, long hour) {
        byte[] key = Link.bytes(partition(publisher).verdicts(hour, publisher));
        return link.own(link.connection().async().hgetall(key));
    }

    private static Map<String, Long> fields(Map<byte[], byte[]> found) {
        Map<String, Long> fields = new HashMap<>();
        found.forEach((field, value) -> fields.put(Link.text(field), Numbers.orZero(value)));
        return fields;
    }

    /** Over all nodes. What is not of the form that nodes write is left out: somebody has edited it. */
    private static Map<String, Long> sum(Map<String, Long> fields) {
        Map<String, Long> sum = new HashMap<>();
        fields.forEach((field, count) -> {
            String verdict = field.substring(0, Math.max(0, field.indexOf('|')));
            if (count > 0 && FORM.matcher(verdict).matches()) {
                sum.merge(verdict, count, LongMath::saturatedAdd);
            }
        });
        return sum;
    }

    /** The last verdicts under a key, by node, of each the newest first. */
    public static Map<String, List<LastVerdict>> last(Link link, Kid kid) {
        return byNode(link.await(nodes(link, kid)));
    }

    /**
     * The last verdicts under these keys, of all nodes together; a key without any is left out.
     *
     * @param kids of one publisher
     */
    public static Map<Kid, List<LastVerdict>> last(Link link, Collection<Kid> kids) {
        Map<Kid, CompletableFuture<Map<byte[], byte[]>>> answers = new LinkedHashMap<>();
        kids.forEach(kid -> answers.put(kid, nodes(link, kid)));
        Map<Kid, List<LastVerdict>> all = new LinkedHashMap<>();
        answers.forEach((kid, answer) -> {
            List<LastVerdict> last =
                    LastVerdict.merge(byNode(link.await(answer)).values());
            if (!last.isEmpty()) {
                all.put(kid, last);
            }
        });
        return all;
    }

    private static CompletableFuture<Map<byte[], byte[]>> nodes(Link link, Kid kid) {
        byte[] key = Link.bytes(partition(kid.publisher()).last(kid));
        return link.own(link.connection().async().hgetall(key));
    }

    private static Map<String, List<LastVerdict>> byNode(Map<byte[], byte[]> found) {
        Map<String, List<LastVerdict>> nodes = new HashMap<>();
        found.forEach((node, lines) -> nodes.put(Link.text(node), LastVerdict.read(Link.text(lines))));
        return nodes;
    }
}
