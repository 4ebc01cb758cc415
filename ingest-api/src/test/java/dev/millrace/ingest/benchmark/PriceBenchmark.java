package dev.millrace.ingest.benchmark;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.money.Micros;
import dev.millrace.common.token.EventType;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * From type, quantity and time to a price, by three rate cards: ours, and amounts of the currency as {@link BigDecimal}, the
 * cards in a {@link TreeMap} by the second from which they hold.
 */
public class PriceBenchmark extends EventBenchmark {
    private static final long SEED = 42;
    private static final long SECOND_CARD = 1_700_000_000;
    private static final long THIRD_CARD = SECOND_CARD + 86_400;
    private static final int CAP = 100;
    private static final List<EventType> ALL_TYPES = List.of(EventType.values());

    private final Catalog ours =
            new Catalog(1, Map.of(), List.of(card(1, 0), card(2, SECOND_CARD), card(3, THIRD_CARD)));
    private final TreeMap<Long, Map<String, BigDecimal>> amounts = new TreeMap<>();
    private final EventType[] types = new EventType[EVENTS];
    private final long[] quantities = new long[EVENTS];
    private final long[] seconds = new long[EVENTS];

    public PriceBenchmark() {
        Random random = new Random(SEED);
        for (int i = 0; i < EVENTS; i++) {
            types[i] = ALL_TYPES.get(random.nextInt(ALL_TYPES.size()));
            quantities[i] = random.nextLong(1, 2 * CAP);
            seconds[i] = random.nextLong(SECOND_CARD - 3_600, THIRD_CARD + 3_600);
        }
        for (RateCard card : ours.cards()) {
            amounts.put(
                    card.effectiveAt(),
                    card.rates().entrySet().stream()
                            .collect(Collectors.toUnmodifiableMap(
                                    Map.Entry::getKey,
                                    rate -> BigDecimal.valueOf(rate.getValue().micros(), 6))));
        }
    }

    /** The default prices, times the version; all types are priced by quantity. */
    private static RateCard card(int version, long effectiveAt) {
        Map<String, Long> first = Map.of(
                "view", 1_000L, "read", 200L, "scroll", 100L, "reaction", 500L, "comment", 50L, "search_visit", 1_500L);
        return new RateCard(
                version,
                effectiveAt,
                first.entrySet().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                Map.Entry::getKey, rate -> new Rate(version * rate.getValue(), CAP))));
    }

    @Benchmark
    public Micros millrace() {
        int event = next();
        Rate rate = ours.cardAt("demo", seconds[event]).rate(types[event]).orElseThrow();
        return rate.price(rate.units(quantities[event]));
    }

    @Benchmark
    public BigDecimal bigDecimal() {
        int event = next();
        Map<String, BigDecimal> card = amounts.floorEntry(seconds[event]).getValue();
        BigDecimal amount = Objects.requireNonNull(card.get(types[event].wireName()));
        return amount.multiply(BigDecimal.valueOf(Math.min(quantities[event], CAP)));
    }
}
