package dev.millrace.counters;

import dev.millrace.common.token.Retention;
import java.time.Duration;
import java.util.List;

/** Seals epochs ({@code seal.lua}), and forgets identities that are old enough. Sealing twice is the same as once. */
public final class Sealing {
    /** Entries of a log that one seal drops at most, roughly: a minute's worth many times over. */
    private static final int MOST_TRIMMED = 50_000;

    private static final Script SCRIPT = new Script("seal.lua");

    private final Spans spans;
    private final int ackReplicas;
    private final Duration ackTimeout;

    public Sealing(Spans spans) {
        this(spans, 0, Duration.ZERO);
    }

    /**
     * @param ackReplicas replicas that must have a seal before anybody hears of it: one that is promoted without it would have an open epoch
     *     that the ledger has settled
     * @param ackTimeout longest wait for them
     */
    public Sealing(Spans spans, int ackReplicas, Duration ackTimeout) {
        this.spans = spans;
        this.ackReplicas = ackReplicas;
        this.ackTimeout = ackTimeout;
    }

    /** For how long identities are remembered, at least. */
    public record Spans(Duration ofShort, Duration ofLong) {
        /** As {@code ctl} has them. */
        String text() {
            return ofShort.toSeconds() + " " + ofLong.toSeconds();
        }
    }

    /** Where the pointer is after an attempt to seal. */
    public sealed interface Result {
        /**
         * Every epoch below the open one is sealed.
         *
         * @param now whether the last of them was sealed by this call, so that they hold all that was counted before it
         */
        record SealedBelow(long open, boolean now) implements Result {}

        /** It may be sealed here, but the replicas have not said that they know. */
        record Unreplicated(String why) implements Result {}

        /** The pointer is at or behind the settled epoch, or there is none. */
        record Lost(String what) implements Result {}

        /** This Redis process or lineage has not been compared with the ledger yet; the watch does that within a second. */
        record Unconfirmed() implements Result {}
    }

    /**
     * Seals the epoch after the settled one, unless it is sealed already.
     *
     * @param lineage in the ledger
     * @param databaseSecond the database's clock
     */
    public Result seal(Link link, Partition partition, long settled, long lineage, long databaseSecond) {
        long epoch = settled + 1;
        List<Object> reply = SCRIPT.run(
                link,
                List.of(
                        partition.ctl(),
                        partition.earn(epoch),
                        partition.log(Retention.SHORT),
                        partition.log(Retention.LONG)),
                epoch,
                epoch + 1,
                lineage,
                databaseSecond,
                spans.ofShort().toSeconds(),
                spans.ofLong().toSeconds(),
                MOST_TRIMMED,
                ackReplicas > 0 ? 1 : 0);
        return switch (Link.text(reply.get(0))) {
            case "sealed" -> replicated(link, new Result.SealedBelow(epoch + 1, true));
            case "unconfirmed" -> new Result.Unconfirmed();
            case "missing" -> new Result.Lost("no pointer");
            case "other" -> replicated(link, elsewhere(Link.text(reply.get(1)), settled));
            default -> throw new IllegalStateException("seal.lua answered " + Link.text(reply.get(0)));
        };
    }

    private Result replicated(Link link, Result result) {
        try {
            link.awaitReplicas(ackReplicas, ackTimeout);
            return result;
        } catch (RedisUnavailableException e) {
            return new Result.Unreplicated(String.valueOf(e.getMessage()));
        }
    }

    private static Result elsewhere(String pointer, long settled) {
        if (!pointer.matches("[0-9]{1,18}")) {
            return new Result.Lost("pointer '%s' is no number".formatted(pointer));
        }
        long open = Long.parseLong(pointer);
        return open > settled
                ? new Result.SealedBelow(open, false)
                : new Result.Lost("pointer %d, but epoch %d is settled".formatted(open, settled));
    }
}
