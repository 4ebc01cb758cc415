package dev.millrace.ingest.tally;

import java.util.List;

/** The answer of tally.lua. */
sealed interface TallyReply {
    /**
     * One letter an event.
     *
     * @param now Redis' second
     */
    record Counted(long now, String verdicts) implements TallyReply {}

    /**
     * Another epoch or generation is current.
     *
     * @param now Redis' second
     */
    record Moved(long now, PartitionView view) implements TallyReply {}

    /** A counter that these events need holds no number. */
    record Corrupt(String why) implements TallyReply {}

    /** The counters can't be used. */
    record Refused(String why) implements TallyReply {}

    /**
     * @param section of the script's reply
     * @throws RuntimeException when it is none that the script gives while the keys hold what they should
     */
    static TallyReply of(Object section) {
        List<?> reply = (List<?>) section;
        String status = (String) reply.get(0);
        long now = (Long) reply.get(1);
        return switch (status) {
            case "counted" -> new Counted(now, (String) reply.get(2));
            case "moved" -> moved(now, reply.get(2), reply.get(3));
            case "closed" -> new Refused("no epoch is open; settlement-worker opens one");
            case "unconfirmed" ->
                new Refused("this Redis has not been compared with the ledger yet; settlement-worker does that");
            case "clock" ->
                new Refused("Redis' clock says %d, after it had said %d".formatted(now, number(reply.get(2))));
            case "spans" ->
                new Refused(
                        "identities are remembered for %s s here, this node is set to other spans (MILLRACE_REMEMBER_SHORT, MILLRACE_REMEMBER_LONG)"
                                .formatted(reply.get(2)));
            case "corrupt" -> new Corrupt("the counter '%s' holds no number".formatted(reply.get(2)));
            case "sealed" -> new Refused("the open epoch is marked as sealed");
            default -> throw new IllegalStateException("tally.lua answered '%s'".formatted(status));
        };
    }

    /** Whoever edits Redis by hand may leave anything there. */
    private static TallyReply moved(long now, Object epoch, Object opening) {
        try {
            return new Moved(now, new PartitionView(number(epoch), number(opening)));
        } catch (NumberFormatException e) {
            return new Refused("its pointer names epoch '%s' of opening '%s'; settlement-worker opens it anew"
                    .formatted(epoch, opening));
        }
    }

    private static long number(Object value) {
        return value instanceof Long number ? number : Long.parseLong((String) value);
    }
}
