package dev.millrace.settlement.reconcile;

import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.RedisConnections;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.read.EpochContents;
import dev.millrace.settlement.read.Proof;
import dev.millrace.settlement.settle.Booking;
import dev.millrace.settlement.settle.MonthMissingException;
import dev.millrace.settlement.settle.Months;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Books what a person decides about an epoch that was set aside.
 *
 * <p>Once: the decision is a row in the transaction of its journal, under the epoch's name and, when it is paid, where it was
 * counted; a second one fails on either. What becomes of the counters afterwards is tidiness: it stays for a day, so that a
 * ledger restored to before the decision can be decided upon again, and whoever dies before saying so to Redis leaves it to
 * the next call.
 */
final class Decisions {
    private static final Duration KEPT = Duration.ofDays(1);

    private final RedisConnections redis;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final Booking booking;
    private final Proof proof;
    private final Months months;

    /**
     * @param ledger connections of a login that may book
     */
    Decisions(RedisConnections redis, DataSource ledger) {
        this.redis = redis;
        this.jdbc = JdbcClient.create(ledger);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(ledger));
        this.booking = new Booking(ledger, jdbc, CrashPoints.NONE);
        this.proof = new Proof(jdbc);
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
        Optional<SetAside> aside =
                SetAside.read(wanted.name(), redis.required(wanted.name().partition()));
        if (aside.isEmpty()) {
            return new Outcome.Refused("there is no such key in Redis");
        }
        Optional<String> why = whyNot(wanted, aside.get());
        return why.isPresent() ? new Outcome.Refused(why.get()) : bookOnce(wanted, aside.get());
    }

    private Optional<String> whyNot(Request.Decide wanted, SetAside aside) {
        QuarantineName name = wanted.name();
        long lineage = new Cursors(jdbc).all().get(name.partition().number()).lineage();
        if (lineage < name.lineage()) {
            return Optional.of("the ledger knows lineage %d of %s, not yet %d: let the worker run first"
                    .formatted(lineage, name.partition(), name.lineage()));
        }
        return wanted.verdict() == Request.Verdict.ADOPT
                ? aside.whyNotAdopted(proof, Decision.all(jdbc).values())
                : Optional.empty();
    }

    private Outcome bookOnce(Request.Decide wanted, SetAside aside) {
        Decision decision;
        try {
            decision = bookInItsMonth(wanted, aside);
        } catch (DuplicateKeyException e) {
            return Decision.about(wanted.name(), jdbc)
                    .map(before -> decidedBefore(before, wanted.name()))
                    .or(() -> whyNot(wanted, aside).map(Outcome.Refused::new))
                    .orElseThrow(() -> e);
        }
        letGo(wanted.name());
        return new Outcome.Booked(decision);
    }

    private Outcome decidedBefore(Decision decision, QuarantineName name) {
        letGo(name);
        return new Outcome.Refused("it is decided already: " + decision.text());
    }

    private Decision bookInItsMonth(Request.Decide wanted, SetAside aside) {
        try {
            return book(wanted, aside);
        } catch (MonthMissingException e) {
            months.ensure(e.month());
            return book(wanted, aside);
        }
    }

    private Decision book(Request.Decide wanted, SetAside aside) {
        return Objects.requireNonNull(transaction.execute(status -> {
            boolean adopt = wanted.verdict() == Request.Verdict.ADOPT;
            Booking.Booked booked = adopt ? adopt(wanted, aside) : discard(wanted, aside);
            note(wanted, aside, booked.journalId(), adopt ? aside.origin().orElse(null) : null);
            return Decision.about(wanted.name(), jdbc).orElseThrow();
        }));
    }

    private Booking.Booked adopt(Request.Decide wanted, SetAside aside) {
        EpochContents contents = Objects.requireNonNull(aside.contents(), "it added up a moment ago");
        return booking.adopt(contents, aside.day(), wanted.reason());
    }

    private Booking.Booked discard(Request.Decide wanted, SetAside aside) {
        return booking.discard(aside.toBeDiscarded(jdbc), aside.events(), wanted.reason());
    }

    private void note(Request.Decide wanted, SetAside aside, @Nullable Long journalId, @Nullable String origin) {
        jdbc.sql("""
                        INSERT INTO quarantine_decision (name, decision, micros, events, journal_id, reason, origin)
                        VALUES (:name, :decision, :micros, :events, :journal, :reason, :origin)
                        """)
                .param("name", wanted.name().earn())
                .param("decision", wanted.verdict() == Request.Verdict.ADOPT ? "adopted" : "discarded")
                .param("micros", aside.readableSum())
                .param("events", aside.events())
                .param("journal", journalId, java.sql.Types.BIGINT)
                .param("reason", wanted.reason())
                .param("origin", origin, java.sql.Types.VARCHAR)
                .update();
    }

    private void letGo(QuarantineName name) {
        Link link = redis.required(name.partition());
        for (String key : List.of(name.earn(), name.engage(), name.folded())) {
            Keyspace.expire(link, key, KEPT);
        }
    }
}
