package dev.millrace.settlement;

import com.google.common.base.Ticker;
import com.google.common.collect.Lists;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.EpochReader;
import dev.millrace.counters.Link;
import dev.millrace.counters.LogPosition;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import dev.millrace.counters.TallyReply;
import dev.millrace.counters.TallyScript;
import dev.millrace.counters.TallySection;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Counts into the open epoch as the edge does, by its script, without tokens: every event is a new one. */
public final class Counting implements AutoCloseable {
    /** Redis is refused without a limit of memory. */
    public static final String MEMORY = "1gb";

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Ahead of every second since which tokens are taken. */
    private static final long AHEAD = 100_000;

    private static final AtomicLong IDENTITIES = new AtomicLong(System.nanoTime());

    /** It finds a Redis that comes back at once. */
    private static final ClientResources RESOURCES = ClientResources.builder()
            .reconnectDelay(Delay.constant(Duration.ofMillis(100)))
            .build();

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final RedisConnections redis;
    private final TallyScript tally = new TallyScript("of-the-tests", Duration.ofHours(1), 0, Duration.ZERO);

    public Counting(String url) {
        client = RedisClient.create(RESOURCES, url);
        connection = client.connect();
        connection.sync().configSet("maxmemory", MEMORY);
        redis = connections(url);
    }

    /** Connections that are watched, as those of a service. */
    public static RedisConnections connections(String url) {
        RedisConnections redis =
                new RedisConnections(new RedisSettings(url, PATIENCE, PATIENCE), Ticker.systemTicker());
        redis.look();
        redis.watch(Duration.ofMillis(200));
        return redis;
    }

    public RedisCommands<String, String> redis() {
        return connection.sync();
    }

    public Link link(int partition) {
        return redis.required(Partition.of(partition));
    }

    /** What Redis holds of a partition. */
    public PartitionState state(int partition) {
        return PartitionState.read(link(partition), Partition.of(partition), 1);
    }

    /** One event. */
    public record Event(EngagementName name, long units, long micros) {}

    /** Counts one event of these units at the first card's price; whether a partition's epoch was open. */
    public boolean count(int partition, String creator, String article, EventType type, long units, long micros) {
        return count(partition, new EngagementName("demo", creator, article, type, 1), units, micros);
    }

    public boolean count(int partition, EngagementName name, long units, long micros) {
        return count(partition, name.type().retention(), List.of(new Event(name, units, micros)));
    }

    /** Counts all of these. */
    public void count(int partition, List<Event> events) {
        for (Retention retention : Retention.values()) {
            List<Event> ofClass = events.stream()
                    .filter(event -> event.name().type().retention() == retention)
                    .toList();
            for (List<Event> section : Lists.partition(ofClass, TallySection.MOST_EVENTS)) {
                if (!count(partition, retention, section)) {
                    throw new IllegalStateException("partition %d counts nothing now".formatted(partition));
                }
            }
        }
    }

    private boolean count(int number, Retention retention, List<Event> events) {
        Partition partition = Partition.of(number);
        TallySection section = new TallySection(partition, retention, events.size());
        long issuedAt = link(number).second() + AHEAD;
        events.forEach(event -> section.add(
                IDENTITIES.incrementAndGet(), event.name(), event.units(), event.micros(), issuedAt, issuedAt + 1, 0));
        while (true) {
            String log = retention.wireName();
            List<String> now = EpochReader.values(
                    link(number), partition.ctl(), Ctl.LINEAGE, Ctl.EPOCH, log + ".last", log + ".logged");
            if (now.subList(0, 2).contains(null) || !now.get(1).matches("[0-9]{1,18}")) {
                return false;
            }
            LogPosition position = new LogPosition(
                    Long.parseLong(now.get(0)),
                    now.get(2) == null ? LogPosition.BEGINNING : now.get(2),
                    now.get(3) == null ? 0 : Long.parseLong(now.get(3)));
            TallyScript.Part part = new TallyScript.Part(section, position, Long.parseLong(now.get(1)));
            TallyReply reply =
                    tally.count(link(number), List.of(part)).join().sections().getFirst();
            switch (reply) {
                case TallyReply.Counted counted -> {
                    if (!counted.verdicts().isEmpty()) {
                        throw new IllegalStateException("not all are accepted: " + counted.verdicts());
                    }
                    return true;
                }
                case TallyReply.Refused _ -> {
                    return false;
                }
                case TallyReply.Corrupt(String what, String _) -> throw new IllegalStateException("corrupt: " + what);
                default -> {
                    // another has sealed or counted meanwhile
                }
            }
        }
    }

    /** Fields of a partition's ctl. */
    public List<String> ctl(int partition, String... fields) {
        return Arrays.stream(fields)
                .map(field -> redis().hget(Partition.of(partition).ctl(), field))
                .toList();
    }

    @Override
    public void close() {
        redis.close();
        connection.close();
        client.shutdown();
    }
}
