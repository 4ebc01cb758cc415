package dev.millrace.ledger.balance;

import com.google.common.base.Ticker;
import com.google.common.collect.Maps;
import dev.millrace.books.Balances;
import dev.millrace.books.Balances.Settled;
import dev.millrace.books.PartitionCursor;
import dev.millrace.common.message.OutageLog;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Pending;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ledger.balance.PartitionReading.UnreadableException;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Reads one consistent balance out of two stores that no transaction spans, while settlement moves money from one to the
 * other. Thread-safe; holds no lock and makes no writer wait.
 *
 * <h2>The reading</h2>
 *
 * A creator's money is counted in one partition. Three steps, in this order:
 *
 * <ol>
 *   <li><b>L</b>: the partition's cursor, read from Postgres. A lower bound: epochs up to L are settled from now on.
 *   <li><b>P and the sums</b>: the pointer, its lineage and the creator's sums of the epochs L+1 to P, read from Redis by one script
 *       ({@code pending.lua}), hence at one moment.
 *   <li><b>S and the balance</b>: the cursor again and the creator's balance, in <em>one</em> statement, which is one
 *       snapshot of one server.
 * </ol>
 *
 * An answer is given only if L ≤ S &lt; P, and the lineage of step 2 is the cursor's of step 3. It is the balance plus the sums of the
 * epochs S+1 to P.
 *
 * <h2>Why it is never double and never short</h2>
 *
 * <p>A settlement books an epoch and moves the cursor past it in the same transaction. So the snapshot of step 3 holds exactly the epochs
 * up to S. The sums added are of epochs above S only. No epoch is in both: <b>never double</b>, whenever settlement ran in between.
 *
 * <p>Take any event counted before step 2, in epoch e. Events are counted in the epoch the pointer names, and within a lineage the
 * pointer only grows, so e ≤ P. If e ≤ S, the event is in the balance: an epoch is settled after it was sealed, and nothing is added to
 * a sealed one. If e &gt; S then, as L ≤ S, step 2 has read epoch e after the event was counted, and the sum is whole:
 *
 * <ul>
 *   <li>An epoch's hash is deleted only when a cursor has passed it. Where S &lt; e &lt; P the hash must still be there, with the
 *       seal's mark. If it is not (Postgres was restored to a state older than what Redis keeps), the reading is refused.
 *   <li>The counters are the ledger's. A Redis process that no worker has compared with the ledger yet may have come back from an
 *       older copy; the script refuses it. One that was given up by a failover, and still answers, has a lineage below the
 *       cursor's. Numbers of epochs are used again by counters that are opened anew, and then the lineage is another, too.
 * </ul>
 *
 * So every event counted before step 2 is in the answer once: <b>never short</b>. Events counted during the reading may
 * or may not be in it, as with any reading. Of two readings one after the other the second begins after the first has ended, so it never
 * shows a sum that went down.
 *
 * <h2>What makes it start over, and what makes it refuse</h2>
 *
 * <p>It starts over where S &lt; L (Postgres was restored or failed over in between), where S ≥ P (the open epoch of step 2 has been
 * sealed and settled since), and where the lineages differ (a worker is just comparing, or has opened the counters anew). The next
 * reading finds these over, or is refused: after {@value #TRIES} tries it refuses.
 *
 * <p>It refuses at once where the pointer is missing, at or below L, or further above it than epochs are read: Redis is not the one the
 * ledger was settled from, or was never opened. What it has lost is not known, and a guess would be a wrong amount of money.
 *
 * <p>Callers who ask while a reading is under way share the next one ({@link RequestCollapser}), which begins after they have asked; so what
 * is said of a reading holds for each of them. A reading of many creators asks Redis once for each partition, at the same time.
 */
public final class LiveBalance {
    /** Tries before a reading is given up. */
    static final int TRIES = PartitionReading.TRIES;

    /** Callers who share one reading: all followers of a busy node, when they come again at once after a restart. */
    private static final int MOST_TOGETHER = 1_024;

    /** For a reading under way; it takes a few milliseconds, unless a store hangs. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Balances ledger;
    private final RedisConnections redis;
    private final String currency;
    private final Clock clock;
    private final RequestCollapser<Creator, Balance> readings =
            new RequestCollapser<>(MOST_TOGETHER, LiveBalance::late, answers -> read(answers, TRIES));
    private final Map<Partition, OutageLog> outages;

    LiveBalance(Balances ledger, RedisConnections redis, String currency, Clock clock, Ticker ticker) {
        this.outages = Maps.toMap(
                Partition.all(),
                partition -> new OutageLog("Balances of %s can't be read".formatted(partition), ticker));
        this.ledger = ledger;
        this.redis = redis;
        this.currency = currency;
        this.clock = clock;
    }

    private static RuntimeException late() {
        return Problem.COUNTERS_UNAVAILABLE.because(
                "the reading before this one took longer than %d ms", PATIENCE.toMillis());
    }

    /**
     * The creator's balance now.
     *
     * @throws org.springframework.dao.DataAccessException when Postgres does not answer
     * @throws dev.millrace.service.problem.ProblemException when it can't be known now
     */
    Balance read(Creator creator) {
        return readings.ask(creator, PATIENCE);
    }

    /**
     * Returns when the creator has an account or something pending. Redis is asked only where there is no account.
     *
     * @throws dev.millrace.service.problem.ProblemException when nothing is known of the creator, or when that can't be told now
     */
    public void requireKnown(Creator creator) {
        if (!ledger.hasAccount(creator.id()) && !read(creator).known()) {
            throw unknown(creator);
        }
    }

    static ProblemException unknown(Creator creator) {
        return Problem.CREATOR_UNKNOWN.because("creator '%s' has earned nothing yet", creator);
    }

    /**
     * Answers with all of these balances in one reading: two statements, and one call of Redis a partition.
     *
     * @param tries with fewer than {@value #TRIES}, answers are left open for which another one may help
     */
    void read(Map<Creator, CompletableFuture<Balance>> answers, int tries) {
        for (int i = 1; i <= tries; i++) {
            List<Creator> rest = answers.keySet().stream()
                    .filter(creator ->
                            !Objects.requireNonNull(answers.get(creator)).isDone())
                    .toList();
            if (!rest.isEmpty()) {
                attempt(rest, answers, i == TRIES);
            }
        }
    }

    /** Reads once; answers are left open for which another try may help. */
    private void attempt(List<Creator> creators, Map<Creator, CompletableFuture<Balance>> answers, boolean last) {
        Map<Partition, List<Creator>> byPartition =
                creators.stream().collect(Collectors.groupingBy(Creator::partition));
        Map<PartitionReading, Pending.Reply.Read> read = new LinkedHashMap<>();
        for (PartitionReading reading : begin(byPartition)) {
            try {
                read.put(reading, reading.pending());
            } catch (UnreadableException e) {
                refuse(reading, of(reading, byPartition), e, last, answers);
            }
        }
        Map<String, Integer> asked = new HashMap<>();
        read.keySet()
                .forEach(reading -> reading.names()
                        .forEach(creator ->
                                asked.put(creator, reading.partition().number())));
        Map<String, Settled> settled = asked.isEmpty() ? Map.of() : ledger.settled(asked);
        read.forEach((reading, pending) -> {
            List<Creator> its = of(reading, byPartition);
            try {
                answer(reading, pending, its, settled, answers);
                outage(reading).over();
            } catch (UnreadableException e) {
                refuse(reading, its, e, last, answers);
            }
        });
    }

    private static List<Creator> of(PartitionReading reading, Map<Partition, List<Creator>> byPartition) {
        return Objects.requireNonNull(byPartition.get(reading.partition()));
    }

    private void answer(
            PartitionReading reading,
            Pending.Reply.Read pending,
            List<Creator> creators,
            Map<String, Settled> settled,
            Map<Creator, CompletableFuture<Balance>> answers)
            throws UnreadableException {
        for (int i = 0; i < creators.size(); i++) {
            Settled its = Objects.requireNonNull(settled.get(creators.get(i).id()));
            CompletableFuture<Balance> answer = Objects.requireNonNull(answers.get(creators.get(i)));
            try {
                Micros sum = reading.sum(i, its.cursor(), pending);
                answer.complete(Balance.of(
                        its.known() || sum != null,
                        creators.get(i).id(),
                        currency,
                        its,
                        sum == null ? Micros.ZERO : sum,
                        reading.asOf()));
            } catch (ProblemException e) {
                answer.completeExceptionally(e);
            }
        }
    }

    private void refuse(
            PartitionReading reading,
            List<Creator> creators,
            UnreadableException why,
            boolean last,
            Map<Creator, CompletableFuture<Balance>> answers) {
        if (last || !why.isPassing()) {
            outage(reading).failed(String.valueOf(why.getMessage()));
            ProblemException problem = Problem.COUNTERS_UNAVAILABLE.because(why.reason());
            creators.forEach(
                    creator -> Objects.requireNonNull(answers.get(creator)).completeExceptionally(problem));
        }
    }

    private OutageLog outage(PartitionReading partition) {
        return Objects.requireNonNull(outages.get(partition.partition()));
    }

    /** Step 1 of all partitions, and the beginning of step 2 of each. */
    private List<PartitionReading> begin(Map<Partition, List<Creator>> byPartition) {
        Map<Integer, PartitionCursor> cursors = ledger.cursors(
                byPartition.keySet().stream().map(Partition::number).toList());
        Instant asOf = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return byPartition.entrySet().stream()
                .map(its -> PartitionReading.begin(
                        redis,
                        its.getKey(),
                        its.getValue().stream().map(Creator::id).toList(),
                        Objects.requireNonNull(cursors.get(its.getKey().number())),
                        asOf))
                .toList();
    }
}
