package dev.millrace.settlement.read;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.CounterKeys;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Reads a sealed epoch and proves before anyone acts on it that it adds up ({@link Counted}) and is marked as sealed.
 *
 * <p>Hashes are read with HSCAN, which may name a field twice. {@link #stream} keeps nothing and finds that by the number of
 * fields; {@link #read} takes them into a map and says what is wrong. A scan that missed something (Redis was restarted in the
 * middle) does not add up.
 */
public final class EpochReader {
    /** Fields; reading so many takes a fraction of a second. */
    static final int ALIVE_EVERY = 20_000;

    /** Fields that Redis names at a time: it does nothing else meanwhile, for a quarter of a millisecond. */
    public static final int PAGE = 500;

    private final StringRedisTemplate redis;
    private final ScanOptions page;

    public EpochReader(StringRedisTemplate redis) {
        this(redis, PAGE);
    }

    /** @param page fields that Redis names at a time, 1 or more */
    public EpochReader(StringRedisTemplate redis, int page) {
        this.redis = redis;
        this.page = ScanOptions.scanOptions().count(page).build();
    }

    /**
     * Hands an epoch on field by field, in constant memory.
     *
     * @param sink takes the fields; what it took is void where this is empty or throws
     * @param alive called now and then, see {@link #read}
     * @return its totals, or empty where it does not add up at first sight, which {@link #read} looks into
     */
    public Optional<EpochTotals> stream(int partition, long epoch, Rates.Known rates, EpochSink sink, Runnable alive) {
        return new EpochStream(redis, page, rates, sink, alive).read(partition, epoch);
    }

    /**
     * Reads one epoch, all of it into memory.
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
                redis.<String, String>opsForHash().scan(key, page)) {
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
