package dev.millrace.ledger.balance;

import dev.millrace.books.PartitionCursor;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Pending;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The reading of one partition: what is asked of Redis by name, and whether it fits what the ledger says. {@link LiveBalance} has the rules and
 * their proof.
 *
 * @param names of the counters asked for: creators, or others of this partition
 * @param from <b>L</b>, the cursor that the reading starts from
 * @param asOf before Redis was asked
 * @param reply of Redis, on its way
 */
public record PartitionReading(
        Partition partition,
        List<String> names,
        PartitionCursor from,
        Instant asOf,
        CompletableFuture<Pending.Reply> reply) {
    /** Tries before a reading is given up. */
    public static final int TRIES = 5;

    /**
     * Most unsettled epochs that one read covers. Normally there are one or two. After a restore of Postgres there are all epochs that Redis still
     * has. A higher number means that something else has changed the pointer.
     */
    static final int MOST_EPOCHS = 2_000;

    /** Most fields that one call reads, names times epochs, so that no call holds Redis up. The more names, the fewer epochs. */
    private static final int MOST_FIELDS = 128_000;

    /** Begins it: asks Redis. */
    public static PartitionReading begin(
            RedisConnections redis, Partition partition, List<String> names, PartitionCursor from, Instant asOf) {
        CompletableFuture<Pending.Reply> reply;
        try {
            reply = Pending.read(
                    redis.required(partition),
                    partition,
                    from.settledEpoch() + 1,
                    Math.min(MOST_EPOCHS, MOST_FIELDS / names.size()),
                    names);
        } catch (RedisUnavailableException e) {
            reply = CompletableFuture.failedFuture(e);
        }
        return new PartitionReading(partition, names, from, asOf, reply);
    }

    /**
     * The reply of Redis.
     *
     * @throws UnreadableException when it can't be used
     */
    public Pending.Reply.Read pending() throws UnreadableException {
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
        String reason = "the ledger and the counters moved during each of %d readings".formatted(TRIES);
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
     * What is counted under a name and not settled; null where nothing is.
     *
     * @param name its place among the names
     * @param settled <b>S</b>, of one snapshot with what is settled
     * @param pending <b>P</b> and the sums
     * @throws UnreadableException when the two do not fit together
     * @throws ProblemException when a counter holds no whole number
     */
    public @Nullable Micros sum(int name, PartitionCursor settled, Pending.Reply.Read pending)
            throws UnreadableException {
        Micros sum = null;
        for (Pending.Epoch epoch : above(settled, pending)) {
            String counted = epoch.micros().get(name);
            if (counted != null) {
                try {
                    sum = (sum == null ? Micros.ZERO : sum).plus(Micros.parse(counted));
                } catch (NumberFormatException | ArithmeticException e) {
                    throw Problem.COUNTERS_UNAVAILABLE.because(
                            "a counter holds '%s', which is no whole number of micros", counted);
                }
            }
        }
        return sum;
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

    /** The counters can't be read, or can't be the ones the ledger was settled from. */
    public static final class UnreadableException extends Exception {
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
        public String reason() {
            return reason;
        }

        /** Whether it may be over at the next try. */
        public boolean isPassing() {
            return passing;
        }
    }
}
