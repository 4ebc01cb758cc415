package dev.millrace.settlement.read;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogJson;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.token.EventType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The rates of every version: from the database, and where that no longer knows one (restored from an older state) from
 * the catalogue in Redis. For one thread at a time.
 */
public final class Rates {
    private final JdbcClient jdbc;
    private final StringRedisTemplate redis;

    /** What the database has said so far. */
    private Map<Key, Rate> read = Map.of();

    public Rates(JdbcClient jdbc, StringRedisTemplate redis) {
        this.jdbc = jdbc;
        this.redis = redis;
    }

    /** What is known now. A card never changes, so the database is asked only for what it has not said yet. */
    public Known known() {
        return new Known();
    }

    /** What the database has said is asked again: it may have been restored since, and have other cards of the same versions. */
    public void forget() {
        read = Map.of();
    }

    private void read() {
        Map<Key, Rate> rates = new HashMap<>();
        jdbc.sql("SELECT version, type, micros, cap FROM rate")
                .query((row, number) -> rates.put(
                        new Key(row.getInt("version"), row.getString("type")),
                        new Rate(row.getLong("micros"), row.getInt("cap"))))
                .list();
        read = rates;
    }

    private record Key(int version, String type) {}

    /**
     * What one unit of a type costs by a version of the card.
     *
     * @param type the event type's wire name
     */
    public record Price(int version, String type, long micros) {}

    /** The rates at one moment: each store is asked once at most. */
    public final class Known {
        private boolean asked;
        private @Nullable Catalog catalog;

        private Known() {}

        /**
         * The rate these units were priced with.
         *
         * @throws BrokenPartition when nobody knows it
         */
        public Rate of(EngageField field) throws BrokenPartition {
            Key key = new Key(field.rateVersion(), field.type().wireName());
            if (!read.containsKey(key)) {
                ask();
            }
            Rate rate = read.get(key);
            return rate != null
                    ? rate
                    : fromCatalog(field.rateVersion(), field.type())
                            .orElseThrow(() -> new BrokenPartition(
                                    "rate version %d has no price for %s, neither in the database nor in the catalogue"
                                            .formatted(field.rateVersion(), field.type())));
        }

        private void ask() {
            if (!asked) {
                read();
                asked = true;
            }
        }

        /** Every price there is: the database's, and the catalogue's of the versions that the database does not know. */
        public List<Price> all() {
            ask();
            Map<Key, Rate> all = new HashMap<>();
            catalog()
                    .ifPresent(known -> known.cards()
                            .forEach(card -> card.rates()
                                    .forEach((type, rate) -> all.put(new Key(card.version(), type), rate))));
            all.putAll(read);
            return all.entrySet().stream()
                    .map(e -> new Price(
                            e.getKey().version(),
                            e.getKey().type(),
                            e.getValue().micros()))
                    .toList();
        }

        private Optional<Rate> fromCatalog(int version, EventType type) {
            return catalog().flatMap(known -> known.card(version)).flatMap((RateCard card) -> card.rate(type));
        }

        private Optional<Catalog> catalog() {
            if (catalog == null) {
                String text = redis.opsForValue().get(CounterKeys.CATALOG);
                catalog = text == null ? null : CatalogJson.read(text);
            }
            return Optional.ofNullable(catalog);
        }
    }
}
