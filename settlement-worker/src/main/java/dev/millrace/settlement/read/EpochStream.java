package dev.millrace.settlement.read;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.money.Micros;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * One reading of a sealed epoch that keeps none of its fields: they go on to the sink page by page, and only sums of them stay.
 * For one thread.
 */
final class EpochStream {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final StringRedisTemplate redis;
    private final ScanOptions page;
    private final Rates.Known rates;
    private final EpochSink sink;
    private final Runnable alive;
    private final BothSides sides = new BothSides(RANDOM);
    private final Map<String, String> control = new HashMap<>();
    private Micros sum = Micros.ZERO;
    private long earned;
    private long engaged;

    EpochStream(StringRedisTemplate redis, ScanOptions page, Rates.Known rates, EpochSink sink, Runnable alive) {
        this.redis = redis;
        this.page = page;
        this.rates = rates;
        this.sink = sink;
        this.alive = alive;
    }

    private interface Taker {
        void take(String field, String value) throws BrokenPartition;
    }

    /** The totals, or empty where it does not add up at first sight; then it has to be looked at field by field. */
    Optional<EpochTotals> read(int partition, long epoch) {
        CounterKeys names = new CounterKeys(partition);
        try {
            boolean once = scan(names.earn(epoch), this::earn);
            Instant sealedAt = Instant.ofEpochMilli(Long.parseLong(control(ControlField.SEALED, "unsealed")));
            LocalDate day = EpochTotals.dayOf(sealedAt);
            once &= scan(names.engage(epoch), (field, value) -> engage(day, field, value));
            Micros total = Micros.parse(control(ControlField.MICROS, "0"));
            long events = Long.parseLong(control(ControlField.EVENTS, "0"));
            return once && sum.equals(total) && sides.agree()
                    ? Optional.of(new EpochTotals(partition, epoch, sealedAt, total, events, earned, engaged))
                    : Optional.empty();
        } catch (BrokenPartition | IllegalArgumentException | ArithmeticException e) {
            return Optional.empty();
        }
    }

    /** Whether every field came once: HSCAN names each of a hash that does not change, and may name one again. */
    private boolean scan(String key, Taker taker) throws BrokenPartition {
        long fields = 0;
        try (Cursor<Map.Entry<String, String>> scan =
                redis.<String, String>opsForHash().scan(key, page)) {
            while (scan.hasNext()) {
                Map.Entry<String, String> entry = scan.next();
                taker.take(entry.getKey(), entry.getValue());
                if (++fields % EpochReader.ALIVE_EVERY == 0) {
                    alive.run();
                }
            }
        }
        return fields == redis.opsForHash().size(key);
    }

    private void earn(String field, String value) throws BrokenPartition {
        if (ControlField.ALL.contains(field)) {
            control.put(field, value);
            return;
        }
        Micros micros = Micros.parse(value);
        if (micros.value() == 0) {
            return;
        }
        EarnField earner = EarnField.parse(field);
        requireNotNegative(field, micros.value());
        earned++;
        sum = sum.plus(micros);
        sides.earned(earner, micros);
        sink.earned(earner, micros);
    }

    private void engage(LocalDate day, String field, String value) throws BrokenPartition {
        EngageField article = EngageField.parse(field);
        long units = Long.parseLong(value);
        requireNotNegative(field, units);
        Micros price = rates.of(article).price(units);
        engaged++;
        sides.priced(article.earner(), price);
        sink.engaged(day, article, units, price);
    }

    private static void requireNotNegative(String field, long value) throws BrokenPartition {
        if (value < 0) {
            throw new BrokenPartition("field '%s' is negative: %d".formatted(field, value));
        }
    }

    private String control(String field, String absent) {
        return control.getOrDefault(field, absent);
    }
}
