package dev.millrace.settlement.reconcile;

import dev.millrace.books.Cursors;
import dev.millrace.books.Journal;
import dev.millrace.books.MonthMissingException;
import dev.millrace.books.Months;
import dev.millrace.books.Proof;
import dev.millrace.books.QuarantineDecision;
import dev.millrace.books.Staging;
import dev.millrace.counters.EpochContents;
import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.RedisConnections;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Books what a person decides about a quarantined epoch.
 *
 * <p>Once: the decision is a row in the transaction of its journal, under the epoch's name and, when it is paid, where it was
 * counted; a second one fails on either. The counters stay for a day afterwards, so that a ledger restored to before the decision can be
 * decided upon again. A command that dies before it has told Redis so leaves that to the next call.
 */
final class Decisions {
    private static final Duration KEPT = Duration.ofDays(1);
    private static final int LONGEST_REASON = 500;

    private final RedisConnections redis;
    private final DataSource ledger;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final Proof proof;
    private final Months months;

    /**
     * @param ledger connections of a login that may book
     */
    Decisions(RedisConnections redis, DataSource ledger) {
        this.redis = redis;
        this.ledger = ledger;
        this.jdbc = JdbcClient.create(ledger);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(ledger));
        this.proof = new Proof(jdbc);
        this.months = new Months(jdbc);
    }

    /** What came of it. */
    sealed interface Outcome {
        /** It is in the ledger. */
        record Booked(QuarantineDecision decision) implements Outcome {}

        /** Nothing was done. */
        record Refused(QuarantineName name, String why) implements Outcome {}
    }

    static boolean isReason(String reason) {
        return !reason.isBlank()
                && reason.codePointCount(0, reason.length()) <= LONGEST_REASON
                && reason.chars().noneMatch(Character::isISOControl);
    }

    /** Pays it: creators, publishers, engagement and scores as a settlement would have. */
    Outcome adopt(QuarantineName name, String reason) {
        return decide(
                name,
                epoch -> epoch.whyNotAdopted(proof, QuarantineDecision.all(jdbc).values()),
                epoch -> note(epoch, true, pay(epoch, reason), reason));
    }

    /** Records that it will not be paid. */
    Outcome discard(QuarantineName name, String reason) {
        return decide(name, _ -> Optional.empty(), epoch -> {
            Long journal = new Journal(jdbc)
                    .discard(epoch.toBeDiscarded(jdbc), epoch.events(), reason)
                    .orElse(null);
            return note(epoch, false, journal, reason);
        });
    }

    private Outcome decide(
            QuarantineName name,
            Function<QuarantinedEpoch, Optional<String>> whyNot,
            Function<QuarantinedEpoch, QuarantineDecision> book) {
        Optional<QuarantineDecision> before = QuarantineDecision.about(name.earn(), jdbc);
        if (before.isPresent()) {
            return decidedBefore(before.get(), name);
        }
        Optional<QuarantinedEpoch> found = QuarantinedEpoch.read(name, redis);
        if (found.isEmpty()) {
            return new Outcome.Refused(name, "there is no such key in Redis");
        }
        QuarantinedEpoch epoch = found.get();
        Optional<String> why = unknownLineage(name).or(() -> whyNot.apply(epoch));
        if (why.isPresent()) {
            return new Outcome.Refused(name, why.get());
        }
        try {
            QuarantineDecision decision = inItsMonth(() -> book.apply(epoch));
            letGo(name);
            return new Outcome.Booked(decision);
        } catch (DuplicateKeyException e) {
            return QuarantineDecision.about(name.earn(), jdbc)
                    .map(other -> decidedBefore(other, name))
                    .or(() -> whyNot.apply(epoch).map(other -> new Outcome.Refused(name, other)))
                    .orElseThrow(() -> e);
        }
    }

    private Optional<String> unknownLineage(QuarantineName name) {
        long lineage = new Cursors(jdbc).all().get(name.partition().number()).lineage();
        return lineage < name.lineage()
                ? Optional.of("the ledger knows lineage %d of %s, not yet %d: let the worker run first"
                        .formatted(lineage, name.partition(), name.lineage()))
                : Optional.empty();
    }

    private Outcome decidedBefore(QuarantineDecision decision, QuarantineName name) {
        letGo(name);
        return new Outcome.Refused(name, "it is decided already: " + decision.text());
    }

    private QuarantineDecision inItsMonth(Supplier<QuarantineDecision> book) {
        try {
            return Objects.requireNonNull(transaction.execute(_ -> book.get()));
        } catch (MonthMissingException e) {
            months.ensure(e.month());
            return Objects.requireNonNull(transaction.execute(_ -> book.get()));
        }
    }

    private @Nullable Long pay(QuarantinedEpoch epoch, String reason) {
        EpochContents contents = Objects.requireNonNull(epoch.contents(), "it added up a moment ago");
        LocalDate day = epoch.day();
        Staging staging = new Staging(ledger, Staging.Bounds.USUAL);
        staging.begin();
        contents.earned().forEach(staging::earned);
        staging.beginUnits(day);
        contents.engaged().forEach(staging::engaged);
        staging.keep();
        staging.finish();
        Journal journal = new Journal(jdbc);
        Long number = journal.adopt(contents.control().events(), day, reason).orElse(null);
        journal.archive();
        return number;
    }

    private QuarantineDecision note(QuarantinedEpoch epoch, boolean adopted, @Nullable Long journal, String reason) {
        return QuarantineDecision.note(
                jdbc,
                epoch.name().earn(),
                adopted,
                epoch.micros(),
                epoch.events(),
                journal,
                reason,
                adopted ? epoch.origin().orElse(null) : null);
    }

    private void letGo(QuarantineName name) {
        Link link = redis.required(name.partition());
        for (String key : List.of(name.earn(), name.engage(), name.folded())) {
            Keyspace.expire(link, key, KEPT);
        }
    }
}
