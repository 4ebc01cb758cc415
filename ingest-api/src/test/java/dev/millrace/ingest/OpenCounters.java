package dev.millrace.ingest;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogJson;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.identity.Identity;
import dev.millrace.ingest.verify.Tokens;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The counters as a worker leaves them when it has opened them, and what tests want to know of them. */
public final class OpenCounters implements AutoCloseable {
    private static final Pattern RUN_ID = Pattern.compile("run_id:(\\w+)");

    /** The publishers of the unit tests, and the first of their rate cards. */
    public static final Catalog CATALOG = new Catalog(
            1, Tokens.CATALOG.publishers(), List.of(Tokens.CATALOG.cards().getFirst()));

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;

    public OpenCounters(String url) {
        client = RedisClient.create(url);
        connection = client.connect();
        redis().set(CounterKeys.CATALOG, CatalogJson.write(CATALOG));
        names().forEach(names -> {
            redis().set(names.epoch(), "1");
            redis().set(names.opening(), "1");
            redis().set(names.since(), "0");
        });
        confirm();
    }

    /** Confirms this Redis process, and sets the partitions' clocks. */
    public void confirm() {
        Matcher matcher = RUN_ID.matcher(redis().info("server"));
        if (!matcher.find()) {
            throw new IllegalStateException("no run_id");
        }
        names().forEach(names -> {
            redis().set(names.run(), matcher.group(1));
            redis().set(names.clock(), Long.toString(second()));
        });
    }

    public RedisCommands<String, String> redis() {
        return connection.sync();
    }

    public List<CounterKeys> names() {
        return IntStream.range(0, Identity.PARTITIONS)
                .mapToObj(CounterKeys::new)
                .toList();
    }

    /** Redis' second. */
    public long second() {
        return Long.parseLong(redis().time().getFirst());
    }

    /** Σ over all partitions of a field of this epoch's earn hashes. */
    public long earned(long epoch, String field) {
        return names().stream()
                .map(n -> redis().hget(n.earn(epoch), field))
                .mapToLong(v -> v == null ? 0 : Long.parseLong(v))
                .sum();
    }

    /** Σ over all partitions of a field of this epoch's engage hashes. */
    public long engaged(long epoch, String field) {
        return names().stream()
                .map(n -> redis().hget(n.engage(epoch), field))
                .mapToLong(v -> v == null ? 0 : Long.parseLong(v))
                .sum();
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
