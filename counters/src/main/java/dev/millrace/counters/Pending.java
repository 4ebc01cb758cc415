package dev.millrace.counters;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads the earnings of creators of one partition in the epochs above the settled one, at one moment ({@code pending.lua}). Thread-safe. */
public final class Pending {
    /** Epochs that are asked for at first: one or two while all is well. */
    private static final int USUAL_EPOCHS = 4;

    private static final Script SCRIPT = new Script("pending.lua");

    /** Stands for a field that is not there. */
    private static final String NONE = "-";

    private Pending() {}

    /** The reply of {@code pending.lua}. */
    public sealed interface Reply {
        /**
         * @param pointer the open epoch
         * @param epochs those from the one asked for up to the pointer, in order
         */
        record Read(long pointer, long lineage, List<Epoch> epochs) implements Reply {}

        /** No epoch is open. */
        record Closed() implements Reply {}

        /** This Redis process has not been compared with the ledger yet. */
        record Unconfirmed() implements Reply {}

        /** The pointer is before the first epoch asked for, or further ahead than is read. */
        record Beyond(String pointer, long lineage) implements Reply {}
    }

    /**
     * One epoch.
     *
     * @param sealed whether nothing is added to it any more
     * @param micros of each creator as text, in their order; null where there is no field
     */
    public record Epoch(boolean sealed, List<@Nullable String> micros) {}

    /**
     * Reads the creators' sums.
     *
     * @param from the first epoch that is not settled
     * @param most epochs that are read at most; a pointer further ahead is {@link Reply.Beyond}
     * @param creators of this partition
     */
    public static CompletableFuture<Reply> read(
            Link link, Partition partition, long from, int most, List<String> creators) {
        return ask(link, partition, from, Math.min(USUAL_EPOCHS, most), creators)
                .thenCompose(reply -> {
                    if (reply instanceof Reply.Beyond(String pointer, long _)) {
                        long epochs = Numbers.orZero(pointer) - from + 1;
                        if (epochs > USUAL_EPOCHS && epochs <= most) {
                            return ask(link, partition, from, (int) epochs + 1, creators);
                        }
                    }
                    return CompletableFuture.completedFuture(reply);
                });
    }

    private static CompletableFuture<Reply> ask(
            Link link, Partition partition, long from, int epochs, List<String> creators) {
        return SCRIPT.send(link, args -> {
                    args.add(epochs + 1).addKey(Link.bytes(partition.ctl()));
                    for (int i = 0; i < epochs; i++) {
                        args.addKey(Link.bytes(partition.earn(from + i)));
                    }
                    args.add(Long.toString(from)).add(Link.bytes(link.process()));
                    creators.forEach(creator -> args.add(Link.bytes(creator)));
                })
                .thenApply(Pending::reply);
    }

    private static Reply reply(List<Object> reply) {
        return switch (Link.text(reply.get(0))) {
            case "read" ->
                new Reply.Read(
                        Numbers.orZero(reply.get(1)),
                        Numbers.orZero(reply.get(2)),
                        ((List<?>) reply.get(3)).stream().map(Pending::epoch).toList());
            case "closed" -> new Reply.Closed();
            case "unconfirmed" -> new Reply.Unconfirmed();
            case "beyond" -> new Reply.Beyond(Link.text(reply.get(1)), Numbers.orZero(reply.get(2)));
            default -> throw new IllegalStateException("pending.lua answered " + Link.text(reply.get(0)));
        };
    }

    private static Epoch epoch(Object values) {
        List<?> parts = (List<?>) values;
        List<@Nullable String> micros = new ArrayList<>(parts.size() - 1);
        for (int i = 1; i < parts.size(); i++) {
            String text = Link.text(parts.get(i));
            micros.add(text.equals(NONE) ? null : text);
        }
        return new Epoch((Long) parts.get(0) == 1, micros);
    }
}
