package dev.millrace.settlement.seal;

import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.settlement.SettlementSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether Redis keeps acknowledged writes. An epoch must be sealed on its disk before the database commits that it is
 * settled, and an event counted there before its sender hears of it. A Redis without a limit of memory is ended by the kernel in the
 * middle of its work; one with a limit refuses events and goes on.
 */
public final class RedisDurability {
    private static final List<String> WANTED =
            List.of("appendonly yes", "appendfsync always", "maxmemory-policy noeviction");

    private static final String LIMIT = "maxmemory";
    private static final long PER_MILLE = 1_000;

    private final RedisConnections redis;
    private final boolean required;

    public RedisDurability(RedisConnections redis, SettlementSettings settings) {
        this.redis = redis;
        this.required = settings.requireDurableRedis();
    }

    /**
     * Why Redis could lose acknowledged writes, or null when it could not. Of a cluster, it asks the nodes that can be used now.
     *
     * @throws dev.millrace.counters.RedisUnavailableException when none can
     */
    public @Nullable String lacking() {
        List<Link> links = links();
        if (links.isEmpty()) {
            redis.required(Partition.of(0));
        }
        try {
            return links.stream()
                    .map(RedisDurability::missing)
                    .filter(missing -> !missing.isEmpty())
                    .findFirst()
                    .map(missing -> "it runs without " + String.join(", ", missing))
                    .orElse(null);
        } catch (RedisRefusedException e) {
            return "it does not tell its settings: " + e.getMessage();
        }
    }

    /** The server that is nearest to its limit of memory. Empty where none has a limit, or none tells. */
    public Optional<Keyspace.Memory> fullest() {
        try {
            return links().stream()
                    .map(Keyspace::memory)
                    .filter(memory -> memory.limit() > 0)
                    .max(Comparator.comparingLong(memory -> memory.used() * PER_MILLE / memory.limit()));
        } catch (RedisRefusedException e) {
            return Optional.empty();
        }
    }

    private List<Link> links() {
        return Partition.all().stream()
                .flatMap(partition -> redis.link(partition).stream())
                .distinct()
                .toList();
    }

    private static List<String> missing(Link link) {
        List<String> missing = new ArrayList<>(WANTED);
        missing.removeIf(setting -> {
            String name = setting.substring(0, setting.indexOf(' '));
            return setting.equals(name + " " + Keyspace.config(link, name).get(name));
        });
        if (Keyspace.config(link, LIMIT).getOrDefault(LIMIT, "0").equals("0")) {
            missing.add("a " + LIMIT);
        }
        return missing;
    }

    /**
     * Goes on only where nothing can be lost, or where that is accepted.
     *
     * @throws IllegalStateException naming the setting and the remedy
     */
    public void require() {
        require(lacking());
    }

    /** The same of what {@link #lacking} has just said. */
    public void require(@Nullable String lacking) {
        if (required && lacking != null) {
            throw new IllegalStateException(
                    "Redis is not durable: %s. Nothing is opened, confirmed or settled until it is; MILLRACE_REQUIRE_DURABLE_REDIS=false accepts that what it has acknowledged can be lost"
                            .formatted(lacking));
        }
    }
}
