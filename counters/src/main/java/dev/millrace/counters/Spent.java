package dev.millrace.counters;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What publishers have spent in one partition: read by {@code spent.lua}, noted by {@code note.lua}. Thread-safe. */
public final class Spent {
    /** Epochs that are asked for at first: one or two while all is well. */
    private static final int USUAL_EPOCHS = 4;

    /** A backlog of more than a day of minutes is not read. */
    private static final int MOST_EPOCHS = 2_000;

    private static final Script READ = new Script("spent.lua");
    private static final Script NOTE = new Script("note.lua");

    private Spent() {}

    /** Micros counted, settled or not, of one publisher in one partition. */
    public record Sum(long today, long total) {}

    /** The reply of {@code spent.lua}. */
    public sealed interface Reply {
        /**
         * @param first the first epoch above the note
         * @param day since 1970, UTC, by Redis' clock
         * @param sums one a publisher, in their order
         */
        record Read(long first, long day, List<Sum> sums) implements Reply {}

        /** It can't be known now. */
        record Unknown(String why) implements Reply {}
    }

    /**
     * Reads what these publishers have spent.
     *
     * @param first the first epoch above the worker's note, as far as the caller knows
     */
    public static CompletableFuture<Reply> read(Link link, Partition partition, long first, List<String> publishers) {
        return ask(link, partition, first, USUAL_EPOCHS, publishers).thenCompose(reply -> {
            if (!Link.text(reply.getFirst()).equals("beyond")) {
                return CompletableFuture.completedFuture(reply(first, reply));
            }
            long from = Numbers.orZero(reply.get(1));
            long epochs = Numbers.orZero(reply.get(2)) - from + 1;
            if (epochs > MOST_EPOCHS) {
                return CompletableFuture.completedFuture(
                        new Reply.Unknown("%d epochs are not settled".formatted(epochs)));
            }
            return ask(link, partition, from, (int) Math.max(USUAL_EPOCHS, epochs + 1), publishers)
                    .thenApply(again -> reply(from, again));
        });
    }

    private static CompletableFuture<List<Object>> ask(
            Link link, Partition partition, long first, int epochs, List<String> publishers) {
        return READ.send(link, args -> {
            args.add(epochs + 2).addKey(Link.bytes(partition.ctl())).addKey(Link.bytes(partition.spent()));
            for (int i = 0; i < epochs; i++) {
                args.addKey(Link.bytes(partition.earn(first + i)));
            }
            args.add(Long.toString(first)).add(Link.bytes(link.process()));
            publishers.forEach(publisher -> args.add(Link.bytes(publisher)));
        });
    }

    private static Reply reply(long first, List<Object> reply) {
        return switch (Link.text(reply.getFirst())) {
            case "read" -> new Reply.Read(first, (Long) reply.get(1), sums((List<?>) reply.get(2)));
            case "closed" -> new Reply.Unknown("no epoch is open");
            case "unconfirmed" -> new Reply.Unknown("this Redis has not been compared with the ledger yet");
            default -> new Reply.Unknown("the worker has not noted yet what is settled");
        };
    }

    private static List<Sum> sums(List<?> texts) {
        List<Sum> sums = new ArrayList<>(texts.size() / 2);
        for (int i = 0; i < texts.size(); i += 2) {
            sums.add(new Sum(Long.parseLong(Link.text(texts.get(i))), Long.parseLong(Link.text(texts.get(i + 1)))));
        }
        return sums;
    }

    /**
     * Notes what is settled.
     *
     * @param lineage in the ledger
     * @param epoch the settled one
     * @param micros by publisher, and by {@code <publisher>|<day>}
     * @return whether it stands there now
     */
    public static boolean note(Link link, Partition partition, long lineage, long epoch, Map<String, Long> micros) {
        List<Object> arguments = new ArrayList<>(List.of(lineage, epoch));
        micros.forEach((field, sum) -> arguments.addAll(List.of(field, sum)));
        List<Object> reply = NOTE.run(link, List.of(partition.ctl(), partition.spent()), arguments.toArray());
        return Link.text(reply.getFirst()).equals("noted");
    }
}
