package dev.millrace.settlement.read;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.CounterKeys;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Reads a sealed epoch and proves before anyone acts on it that it adds up ({@link Counted}) and is marked as sealed.
 *
 * <p>Hashes are read with HSCAN, which may name a field twice, so into a map; a scan that missed something (Redis was
 * restarted in the middle) does not add up.
 */
public final class EpochReader {
    private static final ScanOptions STRIDE =
            ScanOptions.scanOptions().count(1_000).build();

    /** Fields; reading so many takes a fraction of a second. */
    private static final int ALIVE_EVERY = 20_000;

    private final StringRedisTemplate redis;

    public EpochReader(StringRedisTemplate redis) {
        this.redis = redis;
    }

    /**
     * Reads one epoch.
     *
     * @param alive called now and then while it reads, so that whoever waits knows that it goes on
     * @throws BrokenPartition when something is missing or does not add up
     */
    public SealedEpoch read(int partition, long epoch, Rates.Known rates, Runnable alive) throws BrokenPartition {
        CounterKeys names = new CounterKeys(partition);
        Map<String, String> earn = hash(names.earn(epoch), alive);
        Map<String, String> engage = hash(names.engage(epoch), alive);
        String sealed = earn.get(ControlField.SEALED);
        if (sealed == null) {
            throw new BrokenPartition("epoch %d is before the open one, but its hash is %s"
                    .formatted(epoch, earn.isEmpty() ? "gone" : "not marked as sealed"));
        }
        try {
            Counted counted = Counted.check(earn, engage, rates);
            return new SealedEpoch(
                    partition,
                    epoch,
                    Instant.ofEpochMilli(Long.parseLong(sealed)),
                    counted.micros(),
                    counted.events(),
                    counted.earned(),
                    counted.engaged());
        } catch (BrokenPartition | NumberFormatException e) {
            throw new BrokenPartition("epoch %d: %s".formatted(epoch, e.getMessage()));
        }
    }

    /** A whole hash, as it is; empty where there is none. */
    public Map<String, String> hash(String key, Runnable alive) {
        Map<String, String> fields = new HashMap<>();
        try (Cursor<Map.Entry<String, String>> scan =
                redis.<String, String>opsForHash().scan(key, STRIDE)) {
            while (scan.hasNext()) {
                Map.Entry<String, String> entry = scan.next();
                fields.put(entry.getKey(), entry.getValue());
                if (fields.size() % ALIVE_EVERY == 0) {
                    alive.run();
                }
            }
        }
        return fields;
    }
}
