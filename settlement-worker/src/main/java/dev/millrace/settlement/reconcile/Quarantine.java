package dev.millrace.settlement.reconcile;

import dev.millrace.settlement.read.EpochReader;
import dev.millrace.settlement.read.Rates;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Lists what was set aside, one epoch after the other. */
final class Quarantine {
    private static final ScanOptions ALL =
            ScanOptions.scanOptions().match(QuarantineName.PATTERN).count(1_000).build();
    private static final int NAMED = 5;

    private final StringRedisTemplate redis;
    private final EpochReader reader;

    Quarantine(StringRedisTemplate redis) {
        this.redis = redis;
        this.reader = new EpochReader(redis);
    }

    void list(Map<String, Decision> decisions, Rates.Known rates, Consumer<Quarantined> found) {
        for (QuarantineName name : names()) {
            SetAside.read(name, reader)
                    .map(aside -> describe(aside, decisions, rates))
                    .ifPresent(found);
        }
    }

    private static Quarantined describe(SetAside aside, Map<String, Decision> decisions, Rates.Known rates) {
        return new Quarantined(
                aside.name(),
                aside.settledThen(),
                aside.at(),
                aside.readableSum(),
                aside.events(),
                aside.countOfCreators(),
                aside.first(NAMED),
                aside.whyNotAdopted(rates, decisions.values()),
                Optional.ofNullable(decisions.get(aside.name().earn())));
    }

    /** SCAN may name a key twice, and each epoch has two. */
    private SequencedSet<QuarantineName> names() {
        SequencedSet<QuarantineName> names = new TreeSet<>(Comparator.comparingInt(QuarantineName::partition)
                .thenComparingLong(QuarantineName::opening)
                .thenComparingLong(QuarantineName::epoch));
        try (Cursor<String> keys = redis.scan(ALL)) {
            while (keys.hasNext()) {
                QuarantineName.ofKey(keys.next()).ifPresent(names::add);
            }
        }
        return names;
    }
}
