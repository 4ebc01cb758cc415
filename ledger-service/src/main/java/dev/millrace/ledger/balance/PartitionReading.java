package dev.millrace.ledger.balance;

import dev.millrace.books.Balances.Cursor;
import dev.millrace.books.Balances.Settled;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Pending;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.ledger.settings.LedgerSettings;
import java.time.Instant;
import java.util.HashMap;
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
        Cursor from,
        Instant asOf,
        CompletableFuture<Pending.Reply> reply) {
    /**
     * Most epochs above the settled one that are read. Settling waits for Postgres together with sealing, so there are one or two; after
     * Postgres was restored, those kept since. More than this is no counter of ours.
     */
    static final int MOST_EPOCHS = 2_000;

    /** Most fields that one call reads, creators times epochs, so that no call holds Redis up. The more creators, the fewer epochs. */
    private static final int MOST_FIELDS = 128_000;

    /** Begins it: asks Redis. */
    static PartitionReading begin(
            RedisConnections redis, Partition partition, List<Creator> creators, Cursor from, Instant asOf) {
        CompletableFuture<Pending.Reply> reply;
        try {
            reply = Pending.read(
                    redis.required(partition),
                    partition,
                    from.epoch() + 1,
                    Math.min(MOST_EPOCHS, MOST_FIELDS / creators.size()),
                    creators.stream().map(Creator::id).toList());
        } catch (RedisUnavailableException e) {
            reply = CompletableFuture.failedFuture(e);
        }
        return new PartitionReading(partition, creators, from, asOf, reply);
    }

    /**
     * What Redis has read.
     *
     * @throws UnreadableException when it can't be used
     */
    Pending.Reply.Read pending() throws UnreadableException {
        if (from.lineage() == 0) {
            throw UnreadableException.now("the counters of %s were never opened".formatted(partition));
        }
        return switch (answer()) {
            case Pending.Reply.Read read -> read;
            case Pending.Reply.Closed _ ->
                throw UnreadableException.now("the counters of %s are not open".formatted(partition));
            case Pending.Reply.Unconfirmed _ ->
                throw UnreadableException.now(
                        "the counters of %s have not been compared with the ledger since Redis was started or replaced"
                                .formatted(partition));
            case Pending.Reply.Beyond beyond -> throw beyond(beyond);
        };
    }

    private Pending.Reply answer() throws UnreadableException {
        try {
            return reply.get(LedgerSettings.REDIS_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw UnreadableException.noAnswer(
                    "no answer within %d ms".formatted(LedgerSettings.REDIS_TIMEOUT.toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UnreadableException.noAnswer("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RedisUnavailableException || e.getCause() instanceof RedisRefusedException) {
                throw UnreadableException.noAnswer(String.valueOf(e.getCause().getMessage()));
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
        return UnreadableException.now("the pointer of %s is '%s', but the ledger has settled epoch %d"
                .formatted(partition, beyond.pointer(), from.epoch()));
    }

    private boolean isReadable(long pointer) {
        return pointer > from.epoch() && pointer <= from.epoch() + MOST_EPOCHS;
    }

    private static UnreadableException moved() {
        return UnreadableException.moved(
                "the ledger and the counters moved during each of %d readings".formatted(LiveBalance.TRIES));
    }

    private UnreadableException otherLineage(long counters, long ledger) {
        return UnreadableException.moved(
                "the counters of %s are of lineage %d, the ledger's cursor of lineage %d: they have not been compared, or were opened anew"
                        .formatted(partition, counters, ledger));
    }

    /**
     * The balances of the creators.
     *
     * @param pending <b>P</b> and the sums
     * @param settled <b>S</b> and what is settled of each creator, of one snapshot
     * @throws UnreadableException when the two do not fit together
     */
    Map<Creator, BalanceReading> balances(Pending.Reply.Read pending, Map<String, Settled> settled)
            throws UnreadableException {
        Map<Creator, BalanceReading> balances = new HashMap<>();
        for (int i = 0; i < creators.size(); i++) {
            Settled its = Objects.requireNonNull(settled.get(creators.get(i).id()));
            balances.put(creators.get(i), balance(i, above(its.cursor(), pending), its));
        }
        return balances;
    }

    /** The epochs S+1 to P. */
    private List<Pending.Epoch> above(Cursor settled, Pending.Reply.Read pending) throws UnreadableException {
        if (pending.lineage() != settled.lineage()) {
            throw otherLineage(pending.lineage(), settled.lineage());
        }
        if (settled.epoch() < from.epoch() || settled.epoch() >= pending.pointer()) {
            throw moved();
        }
        int first = Math.toIntExact(settled.epoch() - from.epoch());
        List<Pending.Epoch> above =
                pending.epochs().subList(first, pending.epochs().size());
        for (int i = 0; i < above.size() - 1; i++) {
            if (!above.get(i).sealed()) {
                throw UnreadableException.now("epoch %d of %s is neither settled nor in the counters"
                        .formatted(settled.epoch() + 1 + i, partition));
            }
        }
        return above;
    }

    private BalanceReading balance(int creator, List<Pending.Epoch> epochs, Settled settled) {
        Micros sum = Micros.ZERO;
        boolean known = settled.known();
        for (Pending.Epoch epoch : epochs) {
            String earned = epoch.micros().get(creator);
            if (earned != null) {
                known = true;
                try {
                    sum = sum.plus(Micros.parse(earned));
                } catch (NumberFormatException | ArithmeticException e) {
                    return new BalanceReading.Unavailable(
                            "a counter holds '%s', which is no whole number of micros".formatted(earned));
                }
            }
        }
        return new BalanceReading.Live(known, settled.balance(), sum, asOf, settled.settledThrough());
    }

    /** The counters can't be read, or can't be the ones the ledger was settled from. */
    static final class UnreadableException extends Exception {
        private static final long serialVersionUID = 1L;

        private final String reason;
        private final boolean passing;

        private UnreadableException(String reason, String message, boolean passing) {
            super(message, null, false, false);
            this.reason = reason;
            this.passing = passing;
        }

        /** Reading again would not help. */
        private static UnreadableException now(String reason) {
            return new UnreadableException(reason, reason, false);
        }

        /** Redis did not answer; the message is for the log alone. */
        private static UnreadableException noAnswer(String message) {
            return new UnreadableException("the counters do not answer", message, false);
        }

        /** A store moved during the reading; the next one may find them at rest. */
        private static UnreadableException moved(String reason) {
            return new UnreadableException(reason, reason, true);
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
