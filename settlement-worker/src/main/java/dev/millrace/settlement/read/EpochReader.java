package dev.millrace.settlement.read;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.money.Micros;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Reads a sealed epoch and proves three things before anyone acts on it: the earnings sum to their control total, the
 * units times their rates sum to the earnings of each publisher and creator, and the epoch is marked as sealed.
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
        try {
            return checked(partition, epoch, earn, engage, rates);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new BrokenPartition("epoch %d: %s".formatted(epoch, e.getMessage()));
        }
    }

    private static SealedEpoch checked(
            int partition, long epoch, Map<String, String> earn, Map<String, String> engage, Rates.Known rates)
            throws BrokenPartition {
        String sealed = earn.remove(ControlField.SEALED);
        if (sealed == null) {
            throw new BrokenPartition("epoch %d is before the open one, but its hash is %s"
                    .formatted(epoch, earn.isEmpty() ? "gone" : "not marked as sealed"));
        }
        Micros control = Micros.parse(earn.getOrDefault(ControlField.MICROS, "0"));
        long events = Long.parseLong(earn.getOrDefault(ControlField.EVENTS, "0"));
        earn.remove(ControlField.MICROS);
        earn.remove(ControlField.EVENTS);
        Map<EarnField, Micros> earned = earned(earn);
        Map<EngageField, Long> engaged = engaged(engage);
        requireTotal(epoch, control, earned);
        requireSame(epoch, earned, priced(engaged, rates));
        return new SealedEpoch(
                partition, epoch, Instant.ofEpochMilli(Long.parseLong(sealed)), control, events, earned, engaged);
    }

    private static Map<EarnField, Micros> earned(Map<String, String> hash) throws BrokenPartition {
        Map<EarnField, Micros> earned = new HashMap<>();
        for (Map.Entry<String, String> entry : hash.entrySet()) {
            Micros micros = Micros.parse(entry.getValue());
            if (micros.value() < 0) {
                throw new BrokenPartition("earn field '%s' is negative: %s".formatted(entry.getKey(), micros));
            }
            if (micros.value() > 0) {
                earned.put(EarnField.parse(entry.getKey()), micros);
            }
        }
        return earned;
    }

    private static Map<EngageField, Long> engaged(Map<String, String> hash) throws BrokenPartition {
        Map<EngageField, Long> engaged = new HashMap<>();
        for (Map.Entry<String, String> entry : hash.entrySet()) {
            long units = Long.parseLong(entry.getValue());
            if (units < 0) {
                throw new BrokenPartition("engage field '%s' is negative: %d".formatted(entry.getKey(), units));
            }
            engaged.put(EngageField.parse(entry.getKey()), units);
        }
        return engaged;
    }

    private static void requireTotal(long epoch, Micros control, Map<EarnField, Micros> earned) throws BrokenPartition {
        Micros sum = earned.values().stream().reduce(Micros.ZERO, Micros::plus);
        if (!sum.equals(control)) {
            throw new BrokenPartition(
                    "epoch %d: earnings sum to %s, the control total is %s".formatted(epoch, sum, control));
        }
    }

    private static Map<EarnField, Micros> priced(Map<EngageField, Long> engaged, Rates.Known rates)
            throws BrokenPartition {
        Map<EarnField, Micros> priced = new HashMap<>();
        for (Map.Entry<EngageField, Long> entry : engaged.entrySet()) {
            Micros price = rates.of(entry.getKey()).price(entry.getValue());
            if (price.value() != 0) {
                priced.merge(entry.getKey().earner(), price, Micros::plus);
            }
        }
        return priced;
    }

    private static void requireSame(long epoch, Map<EarnField, Micros> earned, Map<EarnField, Micros> priced)
            throws BrokenPartition {
        if (earned.equals(priced)) {
            return;
        }
        Map<EarnField, Micros> differing = new HashMap<>(priced);
        differing.entrySet().removeIf(entry -> entry.getValue().equals(earned.get(entry.getKey())));
        EarnField field = differing.isEmpty()
                ? earned.keySet().stream()
                        .filter(f -> !priced.containsKey(f))
                        .findFirst()
                        .orElseThrow()
                : differing.keySet().iterator().next();
        throw new BrokenPartition("epoch %d: %s earned %s, but units times rates are %s"
                .formatted(
                        epoch,
                        field.encode(),
                        earned.getOrDefault(field, Micros.ZERO),
                        priced.getOrDefault(field, Micros.ZERO)));
    }

    private Map<String, String> hash(String key, Runnable alive) {
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
