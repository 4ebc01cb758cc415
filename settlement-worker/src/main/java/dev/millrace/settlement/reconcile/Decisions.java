package dev.millrace.settlement.reconcile;

import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.read.BrokenPartition;
import dev.millrace.settlement.read.EpochReader;
import dev.millrace.settlement.read.Rates;
import dev.millrace.settlement.read.SealedEpoch;
import dev.millrace.settlement.settle.Booking;
import dev.millrace.settlement.settle.MonthMissing;
import dev.millrace.settlement.settle.Months;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Books what a person decides about a hash that was set aside.
 *
 * <p>Once: the decision is a row in the transaction of its journal, under the hash's name and, when it is paid, where it was
 * counted; a second one fails on either. What becomes of the hash afterwards is tidiness: it stays for a day, so that a
 * ledger restored to before the decision can be decided upon again, and whoever dies before saying so to Redis leaves it to
 * the next call.
 */
final class Decisions {
    private static final Duration KEPT = Duration.ofDays(1);

    private final StringRedisTemplate redis;
    private final EpochReader reader;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final Booking booking;
    private final Rates rates;
    private final Months months;

    /**
     * @param ledger connections of a login that may book
     */
    Decisions(StringRedisTemplate redis, DataSource ledger) {
        this.redis = redis;
        this.reader = new EpochReader(redis);
        this.jdbc = JdbcClient.create(ledger);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(ledger));
        this.booking = new Booking(ledger, jdbc, CrashPoints.NONE);
        this.rates = new Rates(jdbc, redis);
        this.months = new Months(jdbc);
    }

    /** What came of it. */
    sealed interface Outcome {
        /** It is in the ledger. */
        record Booked(Decision decision) implements Outcome {}

        /** Nothing was done. */
        record Refused(String why) implements Outcome {}
    }

    Outcome decide(Request.Decide wanted) {
        Optional<Decision> before = Decision.about(wanted.name(), jdbc);
        if (before.isPresent()) {
            return decidedBefore(before.get(), wanted.name());
        }
        Optional<SetAside> aside = SetAside.read(wanted.name(), reader);
        if (aside.isEmpty()) {
            return new Outcome.Refused("there is no such hash in Redis");
        }
        Rates.Known known = rates.known();
        Optional<String> why = whyNot(wanted, aside.get(), known);
        return why.isPresent() ? new Outcome.Refused(why.get()) : bookOnce(wanted, aside.get(), known);
    }

    private Optional<String> whyNot(Request.Decide wanted, SetAside aside, Rates.Known known) {
        QuarantineName name = wanted.name();
        long opening = new Cursors(jdbc).all().get(name.partition()).opening();
        if (opening < name.opening()) {
            return Optional.of("the ledger knows of %d openings of %s, not yet of number %d: let the worker run first"
                    .formatted(opening, CounterCheck.name(name.partition()), name.opening()));
        }
        return wanted.verdict() == Request.Verdict.ADOPT
                ? aside.whyNotAdopted(known, Decision.all(jdbc).values())
                : Optional.empty();
    }

    private Outcome bookOnce(Request.Decide wanted, SetAside aside, Rates.Known known) {
        Decision decision;
        try {
            decision = bookInItsMonth(wanted, aside, known);
        } catch (DuplicateKeyException e) {
            return Decision.about(wanted.name(), jdbc)
                    .map(before -> decidedBefore(before, wanted.name()))
                    .or(() -> whyNot(wanted, aside, known).map(Outcome.Refused::new))
                    .orElseThrow(() -> e);
        }
        letGo(wanted.name());
        return new Outcome.Booked(decision);
    }

    private Outcome decidedBefore(Decision decision, QuarantineName name) {
        letGo(name);
        return new Outcome.Refused("it is decided already: " + decision.text());
    }

    private Decision bookInItsMonth(Request.Decide wanted, SetAside aside, Rates.Known known) {
        try {
            return book(wanted, aside, known);
        } catch (MonthMissing e) {
            months.ensure(e.month());
            return book(wanted, aside, known);
        }
    }

    private Decision book(Request.Decide wanted, SetAside aside, Rates.Known known) {
        return Objects.requireNonNull(transaction.execute(status -> {
            boolean adopt = wanted.verdict() == Request.Verdict.ADOPT;
            SealedEpoch epoch = adopt ? toBePaid(aside, known) : aside.toBeDiscarded();
            Booking.Booked booked = adopt
                    ? booking.adopt(epoch, known, wanted.reason())
                    : booking.discard(epoch, known, wanted.reason());
            note(wanted, epoch, booked.journalId(), adopt ? aside.origin().orElse(null) : null);
            return Decision.about(wanted.name(), jdbc).orElseThrow();
        }));
    }

    private static SealedEpoch toBePaid(SetAside aside, Rates.Known known) {
        try {
            return aside.toBePaid(known);
        } catch (BrokenPartition e) {
            throw new IllegalStateException("it added up a moment ago: " + e.why(), e);
        }
    }

    private void note(Request.Decide wanted, SealedEpoch epoch, @Nullable Long journalId, @Nullable String origin) {
        jdbc.sql("""
                        INSERT INTO quarantine_decision (name, decision, micros, events, journal_id, reason, origin)
                        VALUES (:name, :decision, :micros, :events, :journal, :reason, :origin)
                        """)
                .param("name", wanted.name().earn())
                .param("decision", wanted.verdict() == Request.Verdict.ADOPT ? "adopted" : "discarded")
                .param("micros", epoch.micros().value())
                .param("events", epoch.events())
                .param("journal", journalId, java.sql.Types.BIGINT)
                .param("reason", wanted.reason())
                .param("origin", origin, java.sql.Types.VARCHAR)
                .update();
    }

    private void letGo(QuarantineName name) {
        redis.expire(name.earn(), KEPT);
        redis.expire(name.engage(), KEPT);
    }
}
