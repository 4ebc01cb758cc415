package dev.millrace.lab.stack;

import dev.millrace.local.server.RedisServer;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A running Redis whose append-only file is switched between rounds, and its commands. Rewrites of that file happen
 * between rounds only, so that none falls into one contestant's round and not into another's.
 */
public final class SwitchedRedis implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final double MICROS = 1e6;

    private final String description;
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;

    public SwitchedRedis(RedisServer server) {
        this.description = server.description();
        this.client = RedisClient.create(server.url());
        client.setOptions(ClientOptions.builder().autoReconnect(false).build());
        this.connection = client.connect();
        connection.setTimeout(PATIENCE);
        commands().configSet("auto-aof-rewrite-percentage", "0");
    }

    /** For connections of other kinds, which end with this. */
    RedisClient client() {
        return client;
    }

    public RedisCommands<String, String> commands() {
        return connection.sync();
    }

    /** Microseconds of CPU that Redis has used since it started, without the processes that rewrite its file. */
    public long cpuMicros() {
        return Math.round(info("cpu", "used_cpu_(?:sys|user)") * MICROS);
    }

    /** Commands that Redis has answered since it started, those of scripts too. */
    public long commandsAnswered() {
        return Math.round(info("stats", "total_commands_processed"));
    }

    private double info(String section, String fields) {
        return Pattern.compile("(?m)^" + fields + ":(\\S+)$")
                .matcher(commands().info(section))
                .results()
                .mapToDouble(field -> Double.parseDouble(field.group(1)))
                .sum();
    }

    /** The binary and the settings that all rounds have in common, for people. */
    public String description() {
        Map<String, String> settings =
                commands().configGet("save", "maxmemory-policy", "stream-node-max-bytes", "stream-node-max-entries");
        return description + ", " + new TreeMap<>(settings) + ", append-only file rewritten between rounds";
    }

    /** Returns when the file is written anew, as small as it can be, or gone. */
    public void set(Aof aof) throws Exception {
        if (aof == Aof.OFF) {
            commands().configSet("appendonly", "no");
            return;
        }
        commands().configSet("appendfsync", aof.toString());
        if (commands().configGet("appendonly").containsValue("yes")) {
            commands().bgrewriteaof();
        } else {
            commands().configSet("appendonly", "yes");
        }
        Wait.until(
                "redis to write its append-only file anew",
                PATIENCE,
                () -> isRewritten(commands().info("persistence")));
    }

    private static boolean isRewritten(String state) {
        return state.contains("aof_enabled:1")
                && state.contains("aof_rewrite_in_progress:0")
                && state.contains("aof_rewrite_scheduled:0")
                && state.contains("aof_last_bgrewrite_status:ok");
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
}
