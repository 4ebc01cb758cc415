package dev.millrace.ledger.catalog;

import dev.millrace.common.catalog.CatalogJson;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.ledger.problem.Outage;
import dev.millrace.ledger.problem.Problem;
import dev.millrace.ledger.redis.RedisLine;
import dev.millrace.ledger.redis.RedisUnavailable;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.core.io.ClassPathResource;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.transaction.TransactionException;

/**
 * Publishes the catalogue to Redis, where ingest-api polls it. After each change, and every second so that a Redis that
 * lost it gets it back. Whoever changes the catalogue publishes it, so the database is asked again only now and then: for a change
 * whose instance died before it could. Thread-safe; any number of instances may publish.
 *
 * <p>A snapshot never replaces a newer one, nor another one of its own revision. Where Redis holds such a one, the database
 * was restored to an older state: what had been published (a revoked key!) stays in force, an error is logged once, and a
 * person decides. Until then no change is made, since it would use key numbers and rate versions once more that are in
 * force already with another meaning.
 */
class CatalogPublisher {
    private static final Logger LOG = LoggerFactory.getLogger(CatalogPublisher.class);
    private static final byte[] SCRIPT = script();

    /** Of so many ticks one asks the database. */
    static final int TICKS_A_LOOK = 30;

    private final CatalogSnapshots snapshots;
    private final RedisLine redis;
    private final Counter failures;
    private final Outage outage = new Outage("The catalogue can't be published");
    private final Outage behind = new Outage("The catalogue is not the one in force", Level.ERROR);
    private final AtomicLong inForce = new AtomicLong();
    private final AtomicReference<@Nullable Text> last = new AtomicReference<>();

    /** Publications begun, and the last of those that Redis took; a change is committed before its own begins. */
    private final AtomicLong begun = new AtomicLong();

    private final AtomicLong taken = new AtomicLong();

    /** Since the last that was taken. */
    private final AtomicInteger ticks = new AtomicInteger();

    CatalogPublisher(CatalogSnapshots snapshots, RedisLine redis, MeterRegistry metrics) {
        this.snapshots = snapshots;
        this.redis = redis;
        this.failures = Counter.builder("millrace.catalog.publish.failures")
                .description("Times the catalogue could not be published")
                .register(metrics);
        Gauge.builder("millrace.catalog.revision", inForce, AtomicLong::get)
                .description("Revision of the catalogue that Redis was last seen to hold")
                .register(metrics);
    }

    /** A snapshot as it goes to Redis. */
    private record Text(CatalogSnapshots.Version version, String json) {}

    /** Keeps Redis' copy up to date whatever happens to it. */
    @Scheduled(fixedDelayString = "${millrace.catalog-interval}")
    void tick() {
        Text known = last.get();
        if (known == null || begun.get() != taken.get() || ticks.incrementAndGet() >= TICKS_A_LOOK || !isHeld(known)) {
            publish();
        }
    }

    /** The next tick asks the database. */
    void somethingMayHaveChanged() {
        begun.incrementAndGet();
    }

    private boolean isHeld(Text known) {
        try {
            return offer(known) == 0;
        } catch (RedisUnavailable e) {
            LOG.debug("publishing what is known failed", e);
            return false;
        }
    }

    /**
     * Publishes the catalogue as of now, or tells that it could not; never throws for a server that does not answer.
     *
     * @return whether Redis holds the catalogue that the database had when this was called, or a later one of its
     */
    boolean publish() {
        long number = begun.incrementAndGet();
        try {
            boolean held = offerCurrent().isEmpty();
            if (held) {
                taken.accumulateAndGet(number, Math::max);
                ticks.set(0);
            }
            return held;
        } catch (RedisUnavailable | DataAccessException | TransactionException e) {
            failures.increment();
            outage.failed(String.valueOf(e.getMessage()));
            return false;
        }
    }

    /**
     * Returns when a change may be made: Redis holds nothing that the database does not know, or can't be asked. Runs
     * inside {@link CatalogChanges#make}, before the change.
     *
     * @throws dev.millrace.ledger.problem.ProblemException {@code catalog-behind}
     */
    void requireInStep() {
        Optional<String> refused;
        try {
            refused = offerCurrent();
        } catch (RedisUnavailable e) {
            LOG.debug("a change is made without a look at what is in force", e);
            return;
        }
        if (refused.isPresent()) {
            throw Problem.CATALOG_BEHIND.because(refused.get());
        }
    }

    /** Offers Redis the catalogue as of now; what is wrong when Redis holds another one. */
    private Optional<String> offerCurrent() throws RedisUnavailable {
        Text current = current();
        long held = offer(current);
        while (held != 0 && !current.version().equals(snapshots.version())) {
            current = current(); // another instance has made a change and published it in between
            held = offer(current);
        }
        outage.over();
        long revision = current.version().revision();
        inForce.set(Math.max(held, revision));
        if (held == 0) {
            behind.over();
            return Optional.empty();
        }
        String why = why(held, revision);
        failures.increment();
        behind.failed(why);
        return Optional.of(why);
    }

    private static String why(long held, long revision) {
        String happened = held > revision
                ? "Redis holds revision %d of the catalogue, but the database is at %d".formatted(held, revision)
                : "Redis and the database hold different catalogues of revision %d".formatted(held);
        return happened
                + ": the database was restored to an older state. What Redis holds stays in force and no change is made until"
                + " a person, as the database's owner and in one transaction, has applied again the changes that were lost"
                + " (the key 'catalog' in Redis shows them) and raised the revision:"
                + " UPDATE catalog_revision SET revision = greatest(revision, %d)".formatted(held + 1);
    }

    /** The snapshot; made anew only when the version is another than last time. */
    private Text current() {
        Text known = last.get();
        if (known != null && known.version().equals(snapshots.version())) {
            return known;
        }
        CatalogSnapshots.Snapshot snapshot = snapshots.read();
        Text made = new Text(snapshot.version(), CatalogJson.write(snapshot.catalog()));
        last.set(made);
        return made;
    }

    /** 0: Redis holds it now; otherwise the revision of the other one that Redis goes on holding. */
    private long offer(Text snapshot) throws RedisUnavailable {
        byte[][] keys = {RedisLine.bytes(CounterKeys.CATALOG)};
        RedisFuture<byte[]> reply = redis.commands()
                .eval(
                        SCRIPT,
                        ScriptOutputType.VALUE,
                        keys,
                        RedisLine.bytes(Long.toString(snapshot.version().revision())),
                        RedisLine.bytes(snapshot.json()));
        RedisLine.await(List.of(reply));
        String held = RedisLine.text(reply.toCompletableFuture().join());
        return held.isEmpty() ? 0 : Long.parseLong(held);
    }

    private static byte[] script() {
        try {
            return new ClassPathResource("lua/publish_catalog.lua").getContentAsByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
