package dev.millrace.counters;

import java.util.List;

/** The reply of {@code tally.lua} to one section. Only {@link Counted} has changed anything. */
public sealed interface TallyReply {
    /**
     * Each event has its verdict.
     *
     * @param position the caller's position now
     * @param verdicts empty where all are accepted, else one letter an event: A accepted, D duplicate, X expired, E too early, S superseded
     * @param tail entries between the caller's position and its own new one
     */
    record Counted(LogPosition position, String verdicts, List<LogEntry> tail) implements TallyReply {
        /** The verdict on the i-th event, from 0. */
        public char verdict(int i) {
            return verdicts.isEmpty() ? 'A' : verdicts.charAt(i);
        }
    }

    /** The caller is too far behind: the next entries from its position on. */
    record Behind(List<LogEntry> tail) implements TallyReply {}

    /** The caller's position is of another history, or no longer in the log: it reads the log anew. */
    record Anew(String why) implements TallyReply {}

    /** Another epoch is open. */
    record Moved(long epoch) implements TallyReply {}

    /** The counters can't be used now. */
    record Refused(String why) implements TallyReply {}

    /**
     * A counter holds no number, or a log is not the one that was written: an alarm.
     *
     * @param creator whose counter it is, empty where all of the section need it
     */
    record Corrupt(String what, String creator) implements TallyReply {}
}
