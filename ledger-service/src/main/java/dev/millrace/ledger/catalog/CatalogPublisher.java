package dev.millrace.ledger.catalog;

import com.google.common.base.Ticker;
import dev.millrace.books.CatalogSnapshots;
import dev.millrace.books.CatalogSnapshots.Snapshot;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.message.OutageLog;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.ledger.act.CatalogMayHaveChanged;
import dev.millrace.ledger.catalog.PublishedCatalog.Held;
import dev.millrace.service.problem.Problem;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.transaction.TransactionException;

/**
 * Publishes the catalogue to Redis, where ingest-api follows its revision. After each change, and every second so that a Redis that
 * lost it, or was given another one, gets it back. Each change is published by the instance that made it. The database is read again every
 * {@value #TICKS_A_LOOK} ticks in case that instance died first. Thread-safe; any number of instances may publish.
 *
 * <p>Only a catalogue that ledger-service has signed counts; any other is replaced. A catalogue never replaces one of a higher revision, nor
 * another one of its own revision. Where Redis holds such a one, the database is <em>behind</em>: it was restored to an older state, or is
 * another one. Then what is published stays in force, an error is logged once, and a person decides. Until then no change is made but
 * revocations, since it would use key numbers and rate versions once more that are in force already with another meaning.
 *
 * <p>A revocation always goes through. Whatever is published has all numbers revoked that are revoked in what it replaces or in the
 * database. While the database is behind, the catalogue in force is published again with the numbers revoked since, under a revision above
 * its own and above the one that the database reaches by the revocation. So ingest nodes notice, and the database never overtakes a
 * catalogue that it does not have.
 */
class CatalogPublisher {
    private static final Logger log = LoggerFactory.getLogger(CatalogPublisher.class);

    /** Of so many ticks one asks the database. */
    static final int TICKS_A_LOOK = 30;

    /** Each try that fails means that another instance has published; they make changes one at a time. */
    private static final int MOST_TRIES = 10;

    private final CatalogSnapshots snapshots;
    private final PublishedCatalog published;
    private final Counter failures;
    private final OutageLog outage;
    private final OutageLog behind;
    private final AtomicLong revisionInForce = new AtomicLong();
    private final AtomicReference<@Nullable Snapshot> last = new AtomicReference<>();
    private final AtomicReference<@Nullable Held> inForce = new AtomicReference<>();

    /** Publications begun, and the last of those that Redis took; a change is committed before its own begins. */
    private final AtomicLong begun = new AtomicLong();

    private final AtomicLong taken = new AtomicLong();

    /** Since the last that was taken. */
    private final AtomicInteger ticks = new AtomicInteger();

    CatalogPublisher(CatalogSnapshots snapshots, PublishedCatalog published, MeterRegistry metrics, Ticker ticker) {
        this.snapshots = snapshots;
        this.published = published;
        this.outage = new OutageLog("The catalogue can't be published", ticker);
        this.behind = new OutageLog("The catalogue is not the one in force", Level.ERROR, ticker);
        this.failures = Counter.builder("millrace.catalog.publish.failures")
                .description("Times the catalogue could not be published")
                .register(metrics);
        Gauge.builder("millrace.catalog.revision", revisionInForce, AtomicLong::get)
                .description("Revision of the catalogue that Redis was last seen to hold")
                .register(metrics);
    }

    /**
     * Where the database stands.
     *
     * @param inForce the catalogue that Redis holds
     * @param behind why that stays another one than the database's, for a person to read; null: it is the database's
     */
    record Standing(Catalog inForce, @Nullable String behind) {}

    /** Publishes the catalogue again if Redis' copy is missing or different. */
    @Scheduled(fixedDelayString = "${millrace.catalog-interval}")
    void tick() {
        boolean held = isHeld();
        if (!held || begun.get() != taken.get() || ticks.incrementAndGet() >= TICKS_A_LOOK) {
            publish();
        }
    }

    /** The next tick asks the database. */
    @EventListener(CatalogMayHaveChanged.class)
    void somethingMayHaveChanged() {
        begun.incrementAndGet();
    }

    /** Whether Redis holds what was last in force, or has been given it again; without the database, which may be away. */
    private boolean isHeld() {
        Held known = inForce.get();
        if (known == null || known.catalog() == null) {
            return false;
        }
        try {
            if (published.isStill(known)) {
                return true;
            }
            Held now = published.read();
            return now.catalog() == null
                    && hold(published.replace(now, known.catalog())).isPresent();
        } catch (RedisUnavailableException | RedisRefusedException e) {
            log.debug("looking at what is in force failed", e);
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
            boolean held = offerCurrent().behind() == null;
            if (held) {
                taken.accumulateAndGet(number, Math::max);
                ticks.set(0);
            }
            return held;
        } catch (RedisUnavailableException | RedisRefusedException | DataAccessException | TransactionException e) {
            failures.increment();
            outage.failed(String.valueOf(e.getMessage()));
            return false;
        }
    }

    /** Where the database stands, after an attempt to publish its catalogue; empty when Redis can't be asked. */
    Optional<Standing> standing() {
        try {
            return Optional.of(offerCurrent());
        } catch (RedisUnavailableException | RedisRefusedException e) {
            log.debug("a change is made without a look at what is in force", e);
            return Optional.empty();
        }
    }

    /**
     * Returns when a change may be made: Redis holds nothing that the database does not know, or can't be asked. Runs
     * inside {@link CatalogChanges#make}, before the change.
     *
     * @throws dev.millrace.service.problem.ProblemException {@code catalog-behind}
     */
    void requireInStep() {
        standing().map(Standing::behind).ifPresent(why -> {
            throw Problem.CATALOG_BEHIND.because(why);
        });
    }

    /**
     * Revokes a key in what is in force while the database is behind. Runs before the database's own revocation is committed.
     *
     * @return whether there was a catalogue to revoke it in
     * @throws RedisUnavailableException when Redis does not answer
     */
    boolean revokeInForce(Kid kid) {
        for (int i = 0; i < MOST_TRIES; i++) {
            Held held = published.read();
            Catalog theirs = held.catalog();
            if (theirs == null) {
                return false;
            }
            Catalog ours = current().catalog();
            Catalog kept = Revocations.with(Revocations.united(theirs, ours), kid);
            if (published.replace(held, withRevision(kept, above(theirs, ours))).isPresent()) {
                return true;
            }
        }
        throw changing();
    }

    /** Offers Redis the catalogue as of now. */
    private Standing offerCurrent() {
        for (int i = 0; i < MOST_TRIES; i++) {
            Snapshot current = current();
            Held held = published.read();
            Optional<Standing> standing = held.catalog() == null && isRevision(current.catalog())
                    ? hold(published.replace(held, current.catalog()))
                    : compared(current, held);
            if (standing.isPresent()) {
                outage.over();
                told(standing.get());
                return standing.get();
            }
        }
        throw changing();
    }

    /** Empty when another instance has published meanwhile. */
    private Optional<Standing> compared(Snapshot current, Held held) {
        Catalog ours = current.catalog();
        Catalog theirs = held.catalog();
        if (theirs == null || !isRevision(ours)) {
            return Optional.of(new Standing(theirs == null ? ours : theirs, tooHigh(ours)));
        }
        if (theirs.equals(ours)) {
            return hold(held.isToldBeside() ? Optional.of(held) : published.tellBeside(held, ours));
        }
        if (theirs.revision() < ours.revision()) {
            Catalog united = Revocations.united(ours, theirs);
            Optional<Held> now = published.replace(held, united);
            return united.equals(ours) ? hold(now) : behind(now, ours);
        }
        if (!current.version().equals(snapshots.version())) {
            return Optional.empty(); // another instance has made a change and published it in between
        }
        return keep(held, theirs, ours);
    }

    private Optional<Standing> hold(Optional<Held> now) {
        now.ifPresent(inForce::set);
        return now.map(PublishedCatalog.Held::catalog).map(catalog -> new Standing(catalog, null));
    }

    /** The catalogue in force stays; only the database's revocations are added. */
    private Optional<Standing> keep(Held held, Catalog theirs, Catalog ours) {
        Catalog kept = Revocations.united(theirs, ours);
        if (!kept.equals(theirs)) {
            return behind(published.replace(held, withRevision(kept, above(theirs, ours))), ours);
        }
        return behind(held.isToldBeside() ? Optional.of(held) : published.tellBeside(held, theirs), ours);
    }

    /** A person may delete what is in force, so that the database's catalogue takes its place: it is not given back to Redis. */
    private Optional<Standing> behind(Optional<Held> now, Catalog ours) {
        inForce.set(null);
        return now.map(PublishedCatalog.Held::catalog)
                .map(inForce -> new Standing(inForce, why(inForce.revision(), ours.revision())));
    }

    private void told(Standing standing) {
        revisionInForce.set(standing.inForce().revision());
        if (standing.behind() == null) {
            behind.over();
        } else {
            failures.increment();
            behind.failed(standing.behind());
        }
    }

    private static String why(long held, long revision) {
        String happened = held > revision
                ? "Redis holds revision %d of the catalogue, but the database is at %d".formatted(held, revision)
                : "Redis and the database hold different catalogues of revision %d".formatted(revision);
        return happened
                + ": the database was restored to an older state, or Redis holds a catalogue that this database never had."
                + " What Redis holds stays in force, and no change but a revocation is made, until"
                + " a person, as the database's owner and in one transaction, has applied again the changes that were lost"
                + " (the key 'catalog' in Redis shows them) and raised the revision:"
                + " UPDATE catalog_revision SET revision = greatest(revision, %d).".formatted(held + 1)
                + " Where the catalogue is none of this database's, delete the key 'catalog' in Redis instead";
    }

    private static String tooHigh(Catalog ours) {
        return "the database's catalogue has revision %d, which is not below 2^53, so that it can't be published;"
                        .formatted(ours.revision())
                + " a person, as the database's owner, has to lower catalog_revision to one more than Redis holds";
    }

    private static boolean isRevision(Catalog catalog) {
        return catalog.revision() < SignedCatalog.REVISIONS;
    }

    /** A revision above the one in force and above the one that the database reaches by its next change. */
    private static long above(Catalog theirs, Catalog ours) {
        return isRevision(ours) ? Math.max(theirs.revision(), ours.revision() + 1) + 1 : theirs.revision() + 1;
    }

    private static Catalog withRevision(Catalog catalog, long revision) {
        return new Catalog(revision, catalog.publishers(), catalog.cards());
    }

    private static RedisUnavailableException changing() {
        return new RedisUnavailableException(
                "the catalogue in Redis was changed during each of %d attempts to publish it".formatted(MOST_TRIES));
    }

    /** The snapshot; read anew only when the version is another than last time. */
    private Snapshot current() {
        Snapshot known = last.get();
        if (known != null && known.version().equals(snapshots.version())) {
            return known;
        }
        Snapshot made = snapshots.read();
        last.set(made);
        return made;
    }
}
