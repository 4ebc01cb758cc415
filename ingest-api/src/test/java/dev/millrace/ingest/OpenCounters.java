package dev.millrace.ingest;

import com.google.common.base.Ticker;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.Note;
import dev.millrace.counters.CatalogStore;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.EpochReader;
import dev.millrace.counters.Link;
import dev.millrace.counters.MalformedCountersException;
import dev.millrace.counters.Opening;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import dev.millrace.counters.Sealing;
import dev.millrace.ingest.verify.Tokens;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** The counters as a worker leaves them when it has opened them, by the worker's scripts, and what tests want to know of them. */
public final class OpenCounters implements AutoCloseable {
    /** The publishers of the unit tests, and the first of their rate cards. */
    public static final Catalog CATALOG = new Catalog(
            1, Tokens.CATALOG.publishers(), List.of(Tokens.CATALOG.cards().getFirst()));

    /** The worker's defaults. */
    static final Sealing.Spans SPANS = new Sealing.Spans(Duration.ofMinutes(130), Duration.ofDays(32));

    private static final long CLOCK_TOLERANCE = 5;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PAGE = 500;

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final RedisConnections redis;

    public OpenCounters(String url) {
        client = RedisClient.create(url);
        connection = client.connect();
        redis = new RedisConnections(new RedisSettings(url, PATIENCE, PATIENCE), Ticker.systemTicker());
        publish(CATALOG);
        open(1, 0);
        confirm();
    }

    /** Publishes a catalogue as ledger-service does, whatever stands there. */
    public void publish(Catalog catalog) {
        publish(SignedCatalog.sign(catalog, MasterKey.of(MasterKey.LOCAL)), catalog.revision());
    }

    void publish(String text, long revision) {
        Link link = link(Partition.of(0));
        if (!CatalogStore.publish(link, CatalogStore.textNow(link).orElse(null), text, revision)) {
            throw new IllegalStateException("somebody else publishes");
        }
    }

    /**
     * Opens all partitions under a new lineage; what lies there stays. They count nothing until {@link #confirm}.
     *
     * @param epoch that will be open
     * @param delay seconds from now before which tokens must not have been issued, 0 for none
     */
    void open(long epoch, long delay) {
        for (Partition partition : Partition.all()) {
            PartitionState state = state(partition);
            Opening.Result result = Opening.open(
                    link(partition),
                    partition,
                    new Opening.Plan(
                            Objects.requireNonNullElse(state.pointer(), ""),
                            Objects.requireNonNullElse(state.lineageText(), ""),
                            epoch,
                            state.lineage() + 1,
                            delay,
                            0,
                            0,
                            second() + 60,
                            state.lineage(),
                            0,
                            second(),
                            CLOCK_TOLERANCE,
                            List.of()));
            if (!(result instanceof Opening.Result.Opened)) {
                throw new IllegalStateException("%s could not be opened: %s".formatted(partition, result));
            }
        }
    }

    /**
     * Begins a new lineage of all partitions, and new logs where one is not what was written. They count nothing until {@link #confirm}.
     *
     * @param delay seconds from now before which tokens must not have been issued, where a log is begun anew
     * @return logs that were begun anew
     */
    long raise(long delay) {
        long anew = 0;
        for (Partition partition : Partition.all()) {
            PartitionState state = state(partition);
            long begun = Opening.raise(
                    link(partition),
                    partition,
                    Objects.requireNonNull(state.pointer()),
                    Objects.requireNonNull(state.lineageText()),
                    state.lineage() + 1,
                    delay,
                    second());
            if (begun < 0) {
                throw new IllegalStateException("%s could not be raised".formatted(partition));
            }
            anew += begun;
        }
        return anew;
    }

    /** Lets this Redis process count, and sets the partitions' clocks right. */
    public void confirm() {
        for (Partition partition : Partition.all()) {
            PartitionState state = state(partition);
            boolean confirmed = Opening.confirm(
                    link(partition),
                    partition,
                    Objects.requireNonNull(state.pointer()),
                    state.lineage(),
                    second(),
                    CLOCK_TOLERANCE,
                    SPANS);
            if (!confirmed) {
                throw new IllegalStateException("%s could not be confirmed".formatted(partition));
            }
        }
    }

    /** Seals the open epoch of all partitions, and forgets what was logged longer ago than that. */
    void seal(Sealing.Spans spans) {
        for (Partition partition : Partition.all()) {
            PartitionState state = state(partition);
            Sealing.Result result = new Sealing(spans)
                    .seal(link(partition), partition, state.number(Ctl.EPOCH) - 1, state.lineage(), second());
            if (!(result instanceof Sealing.Result.SealedBelow)) {
                throw new IllegalStateException("%s could not be sealed: %s".formatted(partition, result));
            }
        }
    }

    PartitionState state(Partition partition) {
        return PartitionState.read(link(partition), partition, 1);
    }

    /** The connection, looked at just now: a Redis that was restarted or promoted is another process. */
    Link link(Partition partition) {
        redis.look();
        return redis.required(partition);
    }

    public RedisCommands<String, String> redis() {
        return connection.sync();
    }

    /** Sets a field of all partitions' {@code ctl}. */
    void setCtl(String field, String value) {
        Partition.all().forEach(partition -> redis().hset(partition.ctl(), field, value));
    }

    /** Takes a field away from all partitions' {@code ctl}; the values that they had, in their order. */
    List<String> takeCtl(String field) {
        return Partition.all().stream()
                .map(partition -> {
                    String value = redis().hget(partition.ctl(), field);
                    redis().hdel(partition.ctl(), field);
                    return value;
                })
                .toList();
    }

    /** Gives back what {@link #takeCtl} has taken. */
    void giveCtl(String field, List<String> values) {
        Partition.all().forEach(partition -> redis().hset(partition.ctl(), field, values.get(partition.number())));
    }

    /** Redis' second. */
    public long second() {
        return Long.parseLong(redis().time().getFirst());
    }

    /** Σ over all partitions of a field of this epoch's earn hashes. */
    public long earned(long epoch, String field) {
        return Partition.all().stream()
                .map(partition -> redis().hget(partition.earn(epoch), field))
                .mapToLong(value -> value == null ? 0 : Long.parseLong(value))
                .sum();
    }

    /**
     * Σ over all partitions of the units of a name in this epoch, as the worker reads them.
     *
     * @param name as {@link EngagementName#encode} writes it
     */
    public long units(long epoch, String name) {
        return units(epoch, EngagementName.parse(name)::equals);
    }

    /** The same of this name with any note that is paid. */
    public long paid(long epoch, String name) {
        EngagementName asked = EngagementName.parse(name);
        return units(
                epoch, found -> found.note().isPaid() && found.with(Note.NONE).equals(asked));
    }

    private long units(long epoch, Predicate<EngagementName> asked) {
        redis.look();
        return Partition.all().stream()
                .mapToLong(partition -> units(partition, epoch, asked))
                .sum();
    }

    private long units(Partition partition, long epoch, Predicate<EngagementName> asked) {
        AtomicLong sum = new AtomicLong();
        try {
            EpochReader.records(
                    redis.required(partition),
                    partition,
                    epoch,
                    PAGE,
                    () -> sum.set(0),
                    (found, units) -> sum.addAndGet(asked.test(found) ? units : 0),
                    () -> {});
        } catch (MalformedCountersException e) {
            throw new IllegalStateException(e);
        }
        return sum.get();
    }

    @Override
    public void close() {
        redis.close();
        connection.close();
        client.shutdown();
    }
}
