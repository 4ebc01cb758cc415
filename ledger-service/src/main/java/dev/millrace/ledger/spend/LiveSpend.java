package dev.millrace.ledger.spend;

import dev.millrace.books.Cursors;
import dev.millrace.books.PartitionCursor;
import dev.millrace.books.Spending;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Pending;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.SpentName;
import dev.millrace.ledger.balance.PartitionReading;
import dev.millrace.ledger.balance.PartitionReading.UnreadableException;
import dev.millrace.service.problem.Problem;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Reads what a publisher has spent, settled and pending, by the rules of {@link dev.millrace.ledger.balance.LiveBalance}. Its events may be in
 * any partition, so a reading asks all sixteen, and what it adds up is consistent partition by partition: each event is in it once.
 */
final class LiveSpend {
    /** Days that unsettled epochs may reach over. */
    private static final int MOST_DAYS = 100;

    private final Cursors cursors;
    private final Spending spending;
    private final RedisConnections redis;
    private final Clock clock;

    LiveSpend(JdbcClient jdbc, RedisConnections redis, Clock clock) {
        this.cursors = new Cursors(jdbc);
        this.spending = new Spending(jdbc);
        this.redis = redis;
        this.clock = clock;
    }

    /**
     * A reading.
     *
     * @param asOf everything counted before this moment is in it
     * @param day of the budget, UTC
     * @param pending counted and not settled
     * @param pendingOfDay the part of it that was counted on the day
     */
    record Live(Spending.Standing settled, Instant asOf, LocalDate day, Micros pending, Micros pendingOfDay) {}

    /**
     * Reads it now; empty where there is no such publisher.
     *
     * @throws dev.millrace.service.problem.ProblemException when it can't be known now
     */
    Optional<Live> read(String publisher) {
        for (int i = 1; ; i++) {
            try {
                return attempt(publisher);
            } catch (UnreadableException e) {
                if (i == PartitionReading.TRIES || !e.isPassing()) {
                    throw Problem.COUNTERS_UNAVAILABLE.because(e.reason());
                }
            }
        }
    }

    private Optional<Live> attempt(String publisher) throws UnreadableException {
        Instant asOf = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        LocalDate today = LocalDate.ofInstant(asOf, ZoneOffset.UTC);
        List<PartitionReading> readings = new ArrayList<>();
        for (PartitionCursor from : cursors.all()) {
            readings.add(PartitionReading.begin(
                    redis, Partition.of(from.partition()), names(from, today, publisher), from, asOf));
        }
        List<Pending.Reply.Read> pending = new ArrayList<>();
        for (PartitionReading reading : readings) {
            pending.add(reading.pending());
        }
        Optional<Spending.Standing> settled = spending.standing(publisher, today);
        if (settled.isEmpty()) {
            return Optional.empty();
        }
        String ofDay = new SpentName(today, publisher).field();
        Micros all = Micros.ZERO;
        Micros itsDay = Micros.ZERO;
        for (int i = 0; i < readings.size(); i++) {
            PartitionReading reading = readings.get(i);
            for (int name = 0; name < reading.names().size(); name++) {
                Micros sum = reading.sum(name, settled.get().cursors().get(i), pending.get(i));
                all = sum == null ? all : all.plus(sum);
                itsDay = sum == null || !reading.names().get(name).equals(ofDay) ? itsDay : itsDay.plus(sum);
            }
        }
        return Optional.of(new Live(settled.get(), asOf, today, all, itsDay));
    }

    /** Of every day on which an event above the cursor may have been counted; Redis' clock may be a little off. */
    private static List<String> names(PartitionCursor from, LocalDate today, String publisher) {
        LocalDate first = LocalDate.ofInstant(from.sealedAt(), ZoneOffset.UTC).minusDays(1);
        LocalDate last = today.plusDays(1);
        if (first.isBefore(last.minusDays(MOST_DAYS))) {
            throw Problem.COUNTERS_UNAVAILABLE.because(
                    "partition %d is not settled since %s".formatted(from.partition(), from.sealedAt()));
        }
        return first.datesUntil(last.plusDays(1))
                .map(day -> new SpentName(day, publisher).field())
                .toList();
    }
}
