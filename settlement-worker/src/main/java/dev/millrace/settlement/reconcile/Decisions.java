package dev.millrace.settlement.reconcile;

import dev.millrace.books.Audit;
import dev.millrace.books.Cursors;
import dev.millrace.books.Journal;
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
import java.util.Map;
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

    /**
     * @param ledger connections of a login that may book
     */
    Decisions(RedisConnections redis, DataSource ledger) {
        this.redis = redis;
        this.ledger = ledger;
        this.jdbc = JdbcClient.create(ledger);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(ledger));
        this.proof = new Proof(jdbc);
    }

    static boolean isReason(String reason) {
        return !reason.isBlank()
                && reason.codePointCount(0, reason.length()) <= LONGEST_REASON
                && reason.chars().noneMatch(Character::isISOControl);
    }

    /** Pays it: creators, publishers, engagement and scores as a settlement would have. False where that is refused. */
    boolean adopt(QuarantinedEpoch.Name name, String reason, ReconcileReport report) {
        return decide(
                name,
                epoch -> epoch.whyNotAdopted(proof, QuarantineDecision.all(jdbc).values()),
                epoch -> note(epoch, true, pay(epoch, reason), reason),
                report);
    }

    /** Records that it will not be paid. False where that is refused. */
    boolean discard(QuarantinedEpoch.Name name, String reason, ReconcileReport report) {
        return decide(
                name,
                _ -> Optional.empty(),
                epoch -> {
                    Long journal = new Journal(jdbc)
                            .discard(epoch.toBeDiscarded(jdbc), epoch.events(), reason)
                            .orElse(null);
                    return note(epoch, false, journal, reason);
                },
                report);
    }

    private boolean decide(
            QuarantinedEpoch.Name name,
            Function<QuarantinedEpoch, Optional<String>> whyNot,
            Function<QuarantinedEpoch, QuarantineDecision> book,
            ReconcileReport report) {
        Optional<String> before = decidedBefore(name);
        if (before.isPresent()) {
            report.refused(name, before.get());
            return false;
        }
        Optional<QuarantinedEpoch> found = QuarantinedEpoch.read(name, redis);
        Optional<String> why = found.isEmpty()
                ? Optional.of("there is no such key in Redis")
                : unknownLineage(name).or(() -> whyNot.apply(found.get()));
        if (why.isPresent()) {
            report.refused(name, why.get());
            return false;
        }
        try {
            QuarantineDecision decision = inItsMonth(() -> book.apply(found.get()));
            letGo(name);
            report.booked(decision);
            return true;
        } catch (DuplicateKeyException e) {
            report.refused(
                    name,
                    decidedBefore(name).or(() -> whyNot.apply(found.get())).orElseThrow(() -> e));
            return false;
        }
    }

    private Optional<String> unknownLineage(QuarantinedEpoch.Name name) {
        long lineage = new Cursors(jdbc).all().get(name.partition().number()).lineage();
        return lineage < name.lineage()
                ? Optional.of("the ledger knows lineage %d of %s, not yet %d: let the worker run first"
                        .formatted(lineage, name.partition(), name.lineage()))
                : Optional.empty();
    }

    private Optional<String> decidedBefore(QuarantinedEpoch.Name name) {
        Optional<QuarantineDecision> decision = QuarantineDecision.about(name.earn(), jdbc);
        decision.ifPresent(_ -> letGo(name));
        return decision.map(made -> "it is decided already: " + made.text());
    }

    private QuarantineDecision inItsMonth(Supplier<QuarantineDecision> book) {
        try {
            return Objects.requireNonNull(transaction.execute(_ -> book.get()));
        } catch (Journal.MonthMissingException e) {
            e.makeIt(jdbc);
            return Objects.requireNonNull(transaction.execute(_ -> book.get()));
        }
    }

    private @Nullable Long pay(QuarantinedEpoch epoch, String reason) {
        EpochContents contents = Objects.requireNonNull(epoch.contents(), "it added up a moment ago");
        LocalDate day = today();
        Staging staging = new Staging(ledger, Staging.NAMES, Staging.CHARACTERS);
        int part = staging.begin();
        contents.earned().forEach(staging::earned);
        contents.spent().forEach((name, micros) -> staging.spent(name.publisher(), name.day(), micros));
        staging.beginUnits(day);
        contents.engaged().forEach(staging::engaged);
        staging.keep();
        staging.finish();
        Journal journal = new Journal(jdbc);
        Long number = journal.adopt(contents.control().events(), day, reason).orElse(null);
        journal.archive();
        if (staging.hasNotes()) {
            journal.archiveVisits();
        }
        journal.spend(List.of(part), List.of(epoch.name().partition().number()));
        return number;
    }

    /** What is adopted counts for the day of the decision, so that no day before it changes. */
    private LocalDate today() {
        return jdbc.sql("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
                .query(LocalDate.class)
                .single();
    }

    private QuarantineDecision note(QuarantinedEpoch epoch, boolean adopted, @Nullable Long journal, String reason) {
        String name = epoch.name().earn();
        new Audit(jdbc)
                .add(
                        Audit.Actor.local(),
                        adopted ? "epoch.adopt" : "epoch.discard",
                        name,
                        null,
                        Map.of("micros", epoch.micros(), "events", epoch.events()),
                        reason);
        return QuarantineDecision.note(
                jdbc,
                name,
                adopted,
                epoch.micros(),
                epoch.events(),
                journal,
                reason,
                adopted ? epoch.origin().orElse(null) : null);
    }

    private void letGo(QuarantinedEpoch.Name name) {
        Link link = redis.required(name.partition());
        name.keys().forEach(key -> Keyspace.expire(link, key, KEPT));
    }
}
