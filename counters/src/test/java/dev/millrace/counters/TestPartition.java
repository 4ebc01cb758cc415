package dev.millrace.counters;

import dev.millrace.common.token.Retention;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A partition, opened as the worker opens it, and what tests want to see of it and to break in it. */
final class TestPartition {
    static final Sealing.Spans SPANS = new Sealing.Spans(Duration.ofMinutes(130), Duration.ofDays(32));
    static final long CLOCK_TOLERANCE = 5;

    /** So far the clock of the partition is ahead of Redis': a section's second is known, however slow the test is. */
    static final long AHEAD = 4;

    private final TestRedis redis;
    private final Partition partition;

    TestPartition(TestRedis redis, Partition partition) {
        this.redis = redis;
        this.partition = partition;
    }

    /** Opens epoch 1 under lineage 1, for the first time, and lets this process count. */
    TestPartition open() {
        Opening.open(link(), partition, plan("", "", 1, 1, 0, List.of()));
        return confirm();
    }

    /** A plan of opening that nothing speaks against. */
    Opening.Plan plan(String pointer, String lineage, long newEpoch, long newLineage, long delay, List<Long> inTheWay) {
        long second = redis.second();
        return new Opening.Plan(
                pointer,
                lineage,
                newEpoch,
                newLineage,
                delay,
                0,
                0,
                second + 60,
                7,
                3,
                second,
                CLOCK_TOLERANCE,
                inTheWay);
    }

    /** Lets this process count in what is open. */
    TestPartition confirm() {
        boolean confirmed = Opening.confirm(
                link(),
                partition,
                ctl(Ctl.EPOCH),
                Long.parseLong(ctl(Ctl.LINEAGE)),
                redis.second(),
                CLOCK_TOLERANCE,
                SPANS);
        if (!confirmed) {
            throw new IllegalStateException(partition + " can't be confirmed");
        }
        return this;
    }

    Partition partition() {
        return partition;
    }

    TestRedis redis() {
        return redis;
    }

    Link link() {
        return redis.connections().required(partition);
    }

    private RedisCommands<String, String> plain() {
        return redis.plain();
    }

    /**
     * Sets the partition's clock ahead, within what the script takes for a clock that fell back.
     *
     * @return the second at which sections are judged for the next moments
     */
    long knownSecond() {
        long second = redis.second() + AHEAD;
        set(Ctl.CLOCK, second);
        return second;
    }

    @Nullable
    String field(String name) {
        return plain().hget(partition.ctl(), name);
    }

    String ctl(String name) {
        String value = field(name);
        if (value == null) {
            throw new IllegalStateException("ctl has no " + name);
        }
        return value;
    }

    void set(String name, Object value) {
        plain().hset(partition.ctl(), name, String.valueOf(value));
    }

    Map<String, String> ctl() {
        return new TreeMap<>(plain().hgetall(partition.ctl()));
    }

    @Nullable
    String earned(String creator) {
        return plain().hget(partition.earn(1), creator);
    }

    /** Without what publishers have spent. */
    Map<String, String> earnings(long epoch) {
        Map<String, String> fields = new TreeMap<>(plain().hgetall(partition.earn(epoch)));
        fields.keySet().removeIf(field -> field.startsWith("$") || field.equals(Ctl.EPOCH_DAY));
        return fields;
    }

    /** What publishers have spent. */
    Map<String, String> spent(long epoch) {
        Map<String, String> fields = new TreeMap<>(plain().hgetall(partition.earn(epoch)));
        fields.keySet().removeIf(field -> !field.startsWith("$"));
        return fields;
    }

    /** IDs of the log's entries, in order. */
    List<String> log(Retention retention) {
        return plain().xrange(partition.log(retention), Range.unbounded()).stream()
                .map(StreamMessage::getId)
                .toList();
    }

    /** The identities in the log, in order. */
    List<Long> identities(Retention retention) {
        List<Long> identities = new ArrayList<>();
        LogPages.Page page =
                new LogPages(10_000, Integer.MAX_VALUE).read(link(), partition, LogPosition.NONE, LogPosition.NONE);
        for (LogEntry entry : (retention == Retention.SHORT ? page.shortLog() : page.longLog()).entries()) {
            for (int i = 0; i < entry.size(); i++) {
                identities.add(entry.identities().get(i));
            }
        }
        return identities;
    }

    /** Units of each name in an epoch, as the worker reads them; names whose units sum to nothing are left out. */
    Map<String, Long> units(long epoch) throws MalformedCountersException {
        Map<String, Long> units = new TreeMap<>();
        EpochReader.records(
                link(),
                partition,
                epoch,
                100,
                units::clear,
                (name, more) -> units.merge(name.encode(), more, Math::addExact),
                () -> {});
        units.values().removeIf(sum -> sum == 0);
        return units;
    }

    /** All that the partition has, as Redis dumps it: equal where nothing has changed. */
    Map<String, String> everything() {
        Map<String, String> all = new TreeMap<>();
        for (String key : plain().keys(partition.tag().replace("{", "\\{") + "*")) {
            all.put(key, plain().type(key).equals("hash") ? new TreeMap<>(plain().hgetall(key)).toString() : dump(key));
        }
        return all;
    }

    private String dump(String key) {
        return new String(plain().dump(key), StandardCharsets.ISO_8859_1);
    }
}
