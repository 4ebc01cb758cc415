package dev.millrace.ledger.balance;

import dev.millrace.books.Balances.Settled;
import dev.millrace.books.PartitionCursor;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Pending;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The reading of one partition: what is asked of Redis for some of its creators, and whether it fits what the ledger says. {@link LiveBalance}
 * has the rules and their proof.
 *
 * @param creators of this partition
 * @param from <b>L</b>, the cursor that the reading starts from
 * @param asOf before Redis was asked
 * @param reply of Redis, on its way
 */
record PartitionReading(
        Partition partition,
        List<Creator> creators,
        PartitionCursor from,
        Instant asOf,
        CompletableFuture<Pending.Reply> reply) {
    /**
     * Most unsettled epochs that one read covers. Normally there are one or two. After a restore of Postgres there are all epochs that Redis still
     * has. A higher number means that something else has changed the pointer.
     */
    static final int MOST_EPOCHS = 2_000;

    /** Most fields that one call reads, creators times epochs, so that no call holds Redis up. The more creators, the fewer epochs. */
    private static final int MOST_FIELDS = 128_000;

    /** Begins it: asks Redis. */
    static PartitionReading begin(
            RedisConnections redis, Partition partition, List<Creator> creators, PartitionCursor from, Instant asOf) {
        CompletableFuture<Pending.Reply> reply;
        try {
            reply = Pending.read(
                    redis.required(partition),
                    partition,
                    from.settledEpoch() + 1,
                    Math.min(MOST_EPOCHS, MOST_FIELDS / creators.size()),
                    creators.stream().map(Creator::id).toList());
        } catch (RedisUnavailableException e) {
            reply = CompletableFuture.failedFuture(e);
        }
        return new PartitionReading(partition, creators, from, asOf, reply);
    }

    /**
     * The reply of Redis.
     *
     * @throws UnreadableException when it can't be used
     */
    Pending.Reply.Read pending() throws UnreadableException {
        if (from.lineage() == 0) {
            throw new UnreadableException("the counters of %s were never opened".formatted(partition));
        }
        return switch (answer()) {
            case Pending.Reply.Read read -> read;
            case Pending.Reply.Closed _ ->
                throw new UnreadableException("the counters of %s are not open".formatted(partition));
            case Pending.Reply.Unconfirmed _ ->
                throw new UnreadableException(
                        "the counters of %s have not been compared with the ledger since Redis was started or replaced"
                                .formatted(partition));
            case Pending.Reply.Beyond beyond -> throw beyond(beyond);
        };
    }

    private Pending.Reply answer() throws UnreadableException {
        try {
            return reply.get(LedgerSettings.REDIS_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw noAnswer("no answer within %d ms".formatted(LedgerSettings.REDIS_TIMEOUT.toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw noAnswer("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RedisUnavailableException || e.getCause() instanceof RedisRefusedException) {
                throw noAnswer(String.valueOf(e.getCause().getMessage()));
            }
            throw new IllegalStateException("pending.lua's answer can't be read", e.getCause());
        }
    }

    private UnreadableException beyond(Pending.Reply.Beyond beyond) {
        if (beyond.lineage() != from.lineage()) {
            return otherLineage(beyond.lineage(), from.lineage());
        }
        if (beyond.pointer().matches("[0-9]{1,18}") && isReadable(Long.parseLong(beyond.pointer()))) {
            return moved();
        }
        return new UnreadableException("the pointer of %s is '%s', but the ledger has settled epoch %d"
                .formatted(partition, beyond.pointer(), from.settledEpoch()));
    }

    private boolean isReadable(long pointer) {
        return pointer > from.settledEpoch() && pointer <= from.settledEpoch() + MOST_EPOCHS;
    }

    /** A store moved during the reading; the next one may find them at rest. */
    private static UnreadableException moved() {
        String reason = "the ledger and the counters moved during each of %d readings".formatted(LiveBalance.TRIES);
        return new UnreadableException(reason, reason, true);
    }

    private UnreadableException otherLineage(long counters, long ledger) {
        String reason =
                "the counters of %s are of lineage %d, the ledger's cursor of lineage %d: they have not been compared, or were opened anew"
                        .formatted(partition, counters, ledger);
        return new UnreadableException(reason, reason, true);
    }

    /** @param message for the log alone */
    private static UnreadableException noAnswer(String message) {
        return new UnreadableException("the counters do not answer", message, false);
    }

    /**
     * Answers with the balances of the creators.
     *
     * @param pending <b>P</b> and the sums
     * @param settled <b>S</b> and what is settled of each creator, of one snapshot
     * @param currency that they are answered in
     * @param answers to be completed
     * @throws UnreadableException when the two do not fit together
     */
    void answer(
            Pending.Reply.Read pending,
            Map<String, Settled> settled,
            String currency,
            Map<Creator, CompletableFuture<Balance>> answers)
            throws UnreadableException {
        for (int i = 0; i < creators.size(); i++) {
            Settled its = Objects.requireNonNull(settled.get(creators.get(i).id()));
            List<Pending.Epoch> above = above(its.cursor(), pending);
            CompletableFuture<Balance> answer = Objects.requireNonNull(answers.get(creators.get(i)));
            try {
                answer.complete(balance(i, above, its, currency));
            } catch (ProblemException e) {
                answer.completeExceptionally(e);
            }
        }
    }

    /** The epochs S+1 to P. */
    private List<Pending.Epoch> above(PartitionCursor settled, Pending.Reply.Read pending) throws UnreadableException {
        if (pending.lineage() != settled.lineage()) {
            throw otherLineage(pending.lineage(), settled.lineage());
        }
        if (settled.settledEpoch() < from.settledEpoch() || settled.settledEpoch() >= pending.pointer()) {
            throw moved();
        }
        int first = Math.toIntExact(settled.settledEpoch() - from.settledEpoch());
        List<Pending.Epoch> above =
                pending.epochs().subList(first, pending.epochs().size());
        for (int i = 0; i < above.size() - 1; i++) {
            if (!above.get(i).sealed()) {
                throw new UnreadableException("epoch %d of %s is neither settled nor in the counters"
                        .formatted(settled.settledEpoch() + 1 + i, partition));
            }
        }
        return above;
    }

    private Balance balance(int creator, List<Pending.Epoch> epochs, Settled settled, String currency) {
        Micros sum = Micros.ZERO;
        boolean known = settled.known();
        for (Pending.Epoch epoch : epochs) {
            String earned = epoch.micros().get(creator);
            if (earned != null) {
                known = true;
                try {
                    sum = sum.plus(Micros.parse(earned));
                } catch (NumberFormatException | ArithmeticException e) {
                    throw Problem.COUNTERS_UNAVAILABLE.because(
                            "a counter holds '%s', which is no whole number of micros", earned);
                }
            }
        }
        return Balance.of(known, creators.get(creator).id(), currency, settled, sum, asOf);
    }

    /** The counters can't be read, or can't be the ones the ledger was settled from. */
    static final class UnreadableException extends Exception {
        private static final long serialVersionUID = 1L;

        private final String reason;
        private final boolean passing;

        /** Reading again would not help. */
        private UnreadableException(String reason) {
            this(reason, reason, false);
        }

        private UnreadableException(String reason, String message, boolean passing) {
            super(message, null, false, false);
            this.reason = reason;
            this.passing = passing;
        }

        /** For the caller to read. */
        String reason() {
            return reason;
        }

        /** Whether it may be over at the next try. */
        boolean isPassing() {
            return passing;
        }
    }
}
