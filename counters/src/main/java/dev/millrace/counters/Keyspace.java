package dev.millrace.counters;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Reads a Redis server's keys and settings, without Lua scripts. */
public final class Keyspace {
    /** Keys looked at a step. */
    private static final int STRIDE = 1_000;

    private Keyspace() {}

    /** Hands on the keys of one server that match a pattern; SCAN may name one twice. */
    public static void scan(Link link, String pattern, Consumer<String> found) {
        ScanArgs arguments = ScanArgs.Builder.matches(pattern).limit(STRIDE);
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            KeyScanCursor<byte[]> keys =
                    link.await(link.own(link.connection().async().scan(cursor, arguments)));
            keys.getKeys().forEach(key -> found.accept(Link.text(key)));
            cursor = keys;
        } while (!cursor.isFinished());
    }

    /** Lets a key expire after so long; nothing where there is none. */
    public static void expire(Link link, String key, Duration after) {
        link.await(link.own(link.connection().async().expire(Link.bytes(key), after)));
    }

    /** Whether there is such a key. */
    public static boolean exists(Link link, String key) {
        return link.await(link.own(link.connection().async().exists(Link.bytes(key)))) > 0;
    }

    /**
     * A server's memory, in bytes.
     *
     * @param limit 0: none
     */
    public record Memory(long used, long limit) {}

    /** How much memory the server takes, and may take. */
    public static Memory memory(Link link) {
        Map<String, String> info = new HashMap<>();
        link.await(link.own(link.connection().async().info("memory")))
                .lines()
                .map(line -> line.split(":", 2))
                .filter(field -> field.length == 2)
                .forEach(field -> info.put(field[0], field[1].strip()));
        return new Memory(Numbers.orZero(info.get("used_memory")), Numbers.orZero(info.get("maxmemory")));
    }

    /**
     * A setting of the server, by name; empty where it knows none of that name.
     *
     * @throws RedisRefusedException when it does not tell
     */
    public static Map<String, String> config(Link link, String name) {
        return link.await(link.own(link.connection().async().configGet(name)));
    }
}
