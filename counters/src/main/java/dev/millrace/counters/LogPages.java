package dev.millrace.counters;

import com.google.common.base.Splitter;
import dev.millrace.common.token.Retention;
import java.util.List;

/** Follows the logs of a partition ({@code page.lua}). Thread-safe. */
public final class LogPages {
    private final Script script = Script.withLog("page.lua");
    private final int mostEntries;
    private final int mostIdentities;

    /**
     * @param mostEntries of one log that one call reads, at least 1
     * @param mostIdentities the same of identities; an entry is never divided
     */
    public LogPages(int mostEntries, int mostIdentities) {
        this.mostEntries = mostEntries;
        this.mostIdentities = mostIdentities;
    }

    /**
     * A partition's state at one moment.
     *
     * @param second Redis' second
     * @param epoch the open epoch, 0: none
     * @param lineage its history, 0: none
     * @param confirmed whether this process was compared with the ledger
     * @param clock the highest second seen, 0: none
     * @param shortSpan seconds for which identities of the short class are remembered, 0: not known yet
     * @param longSpan the same of the long class
     * @param identityKey fingerprint of the identity key, empty: none yet
     */
    public record Page(
            long second,
            long epoch,
            long lineage,
            boolean confirmed,
            long clock,
            long shortSpan,
            long longSpan,
            String identityKey,
            LogPage shortLog,
            LogPage longLog) {}

    /**
     * The next entries of a log, behind the requested position.
     *
     * @param status whether the entries continue from the requested position
     * @param floor first second that the log still holds; tally.lua refuses a token that could have counted before
     * @param position after the entries; its {@code logged} is -1 where the log has more
     */
    public record LogPage(Status status, long floor, LogPosition position, List<LogEntry> entries) {}

    /** Whether a page continues from the requested position. */
    public enum Status {
        /** From there on. */
        ON,
        /** With the log's first entry: the position was of another lineage, or is no longer in the log. */
        ANEW,
        /** Not at all: the log is not the one that was written. */
        CORRUPT
    }

    /** Reads on in both logs of a partition, and waits for it. */
    public Page read(Link link, Partition partition, LogPosition ofShort, LogPosition ofLong) {
        return link.await(script.send(
                        link,
                        args -> args.add(3)
                                .addKey(Link.bytes(partition.ctl()))
                                .addKey(Link.bytes(partition.log(Retention.SHORT)))
                                .addKey(Link.bytes(partition.log(Retention.LONG)))
                                .add(Link.bytes(link.process()))
                                .add(mostEntries)
                                .add(mostIdentities)
                                .add(known(ofShort))
                                .add(known(ofLong))
                                .add(ofShort.id())
                                .add(ofLong.id()))
                .thenApply(LogPages::page));
    }

    private static String known(LogPosition position) {
        return position.lineage() == 0 ? "" : Long.toString(position.lineage());
    }

    private static Page page(List<Object> reply) {
        long lineage = Numbers.orZero(reply.get(2));
        return new Page(
                (Long) reply.get(0),
                Numbers.orZero(reply.get(1)),
                lineage,
                (Long) reply.get(3) == 1,
                Numbers.orZero(reply.get(4)),
                span(Link.text(reply.get(5)), 0),
                span(Link.text(reply.get(5)), 1),
                Link.text(reply.get(6)),
                log(lineage, (List<?>) reply.get(7)),
                log(lineage, (List<?>) reply.get(8)));
    }

    private static long span(String spans, int which) {
        return spans.matches("[0-9]{1,18} [0-9]{1,18}")
                ? Long.parseLong(Splitter.on(' ').splitToList(spans).get(which))
                : 0;
    }

    private static LogPage log(long lineage, List<?> reply) {
        Status status = switch (Link.text(reply.get(0))) {
            case "on" -> Status.ON;
            case "anew" -> Status.ANEW;
            default -> Status.CORRUPT;
        };
        return new LogPage(
                status,
                Numbers.orZero(reply.get(1)),
                new LogPosition(lineage, Link.text(reply.get(3)), Long.parseLong(Link.text(reply.get(2)))),
                LogEntry.list(reply.get(4)));
    }
}
