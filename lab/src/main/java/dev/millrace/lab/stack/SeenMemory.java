package dev.millrace.lab.stack;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * What the sets of remembered identities take in a Redis.
 *
 * @param bytes of all of them, their names included
 * @param identities that they hold
 */
public record SeenMemory(long bytes, long identities) {
    private static final String SCRIPT = script();

    /** Reads every one of them; Redis does nothing else meanwhile. */
    public static SeenMemory of(RedisCommands<String, String> redis) {
        List<Long> seen = redis.eval(SCRIPT, ScriptOutputType.MULTI);
        return new SeenMemory(seen.getFirst(), seen.getLast());
    }

    private static String script() {
        String name = "seen_memory.lua";
        try (InputStream in = Objects.requireNonNull(SeenMemory.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("can't read " + name, e);
        }
    }
}
