package dev.millrace.ingest.index;

import dev.millrace.counters.LogEntry;
import dev.millrace.counters.LogPages;
import dev.millrace.counters.LogPosition;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * The identities in one log, up to a position: a log-structured merge tree (O'Neil et al., 1996) over the log, which is durable. The newest
 * slice of time is a hash set; older ones are sorted arrays, merged by neighbours so that there are few. Everything in it is
 * exact: an identity is in it if and only if it is in the log, at or below the position and not below the floor (older ones may be there).
 *
 * <p>Nothing enters it but from a reply or a read of the log, and it advances only by a complete range of entries that starts at or below its
 * position. Index and position belong to one lineage; a range of another one is not taken. Sorting and merging are done by an executor, meanwhile the
 * unsorted slice serves. Thread-safe.
 */
public final class LogIndex {
    /** Identities; sorting more takes too long. */
    private static final int MOST_HASHED = 1 << 17;

    /** Slices that a lookup may have to ask. */
    private static final int MOST_SLICES = 8;

    /** Identities of a slice that is not merged any more: a merge needs as much memory once more. */
    private static final int MOST_MERGED = 1 << 23;

    /** The newest slice is this part of the time for which identities are remembered. */
    private static final int PARTS = 8;

    private final Executor background;

    private LogPosition position = LogPosition.NONE;
    private boolean caughtUp;
    private HashedIdentities newest = new HashedIdentities(0);

    /** Older slices, the newest first. */
    private final List<IdentitySet> older = new ArrayList<>();

    private long sliceSeconds = Long.MAX_VALUE;
    private boolean busy;

    /** @param background sorts and merges slices */
    public LogIndex(Executor background) {
        this.background = background;
    }

    /**
     * The result of a lookup, all at one moment.
     *
     * @param position how far the log had been read
     * @param caughtUp whether that was up to the log's end when it was read, so that it can be counted by
     * @param known which of the identities, by their places, are in the log up to the position
     */
    public record Found(LogPosition position, boolean caughtUp, BitSet known) {}

    /** Looks for these identities, slice by slice. */
    public synchronized Found find(long... identities) {
        BitSet known = new BitSet(identities.length);
        find(identities, newest, known);
        older.forEach(slice -> find(identities, slice, known));
        return new Found(position, caughtUp, known);
    }

    private static void find(long[] identities, IdentitySet slice, BitSet known) {
        for (int i = 0; i < identities.length; i++) {
            if (slice.contains(identities[i])) {
                known.set(i);
            }
        }
    }

    /** How far the log has been read; the number of identities ever logged is known where it has {@link #isCaughtUp}. */
    public synchronized LogPosition position() {
        return position;
    }

    /** Whether the log has been read up to its end at that moment, so that the index can be counted by. */
    public synchronized boolean isCaughtUp() {
        return caughtUp;
    }

    /**
     * Adds a page of the log to the index.
     *
     * @param asked the position from which the page was read
     * @param remembered retention of the log's identities in seconds, 0: not known
     */
    public synchronized void take(LogPages.LogPage page, LogPosition asked, long remembered) {
        switch (page.status()) {
            case CORRUPT -> forget();
            case ANEW -> {
                forget();
                position = new LogPosition(page.position().lineage(), LogPosition.BEGINNING, 0);
                advance(page.entries(), page.position(), remembered);
            }
            case ON -> {
                if (reaches(asked, page.position())) {
                    advance(page.entries(), page.position(), remembered);
                }
            }
        }
        forgetBelow(page.floor());
    }

    /**
     * Takes the entries behind a position that was asked from, up to another one; nothing where the range does not begin at or below the index'
     * position, or belongs to another lineage.
     *
     * @param to position of the last entry
     * @param own identities of the last entry, where it is not among the entries
     */
    public synchronized void take(List<LogEntry> tail, LogPosition asked, LogPosition to, LongBuffer own) {
        if (!caughtUp || !reaches(asked, to)) {
            return;
        }
        List<LogEntry> entries = new ArrayList<>(tail);
        if (own.hasRemaining()) {
            entries.add(new LogEntry(to.id(), own));
        }
        advance(entries, to, 0);
    }

    /** Whether a range from one position to another follows the index' position. */
    private boolean reaches(LogPosition from, LogPosition to) {
        return from.lineage() == position.lineage()
                && to.lineage() == position.lineage()
                && LogPosition.compare(from.id(), position.id()) <= 0;
    }

    private void advance(List<LogEntry> entries, LogPosition to, long remembered) {
        if (remembered > 0) {
            sliceSeconds = Math.max(1, remembered / PARTS);
        }
        long logged = position.logged();
        for (LogEntry entry : entries) {
            if (LogPosition.compare(entry.id(), position.id()) > 0) {
                add(entry);
                logged += entry.size();
                position = new LogPosition(to.lineage(), entry.id(), logged);
            }
        }
        if (LogPosition.compare(to.id(), position.id()) >= 0 && to.logged() >= 0) {
            position = to;
            caughtUp = true;
        }
    }

    private void add(LogEntry entry) {
        long second = entry.second();
        if (newest.size() == 0) {
            newest = new HashedIdentities(second);
        }
        newest.add(entry.identities(), second);
        if (newest.size() >= MOST_HASHED || newest.span() >= sliceSeconds) {
            older.addFirst(newest);
            newest = new HashedIdentities(second);
            tidy();
        }
    }

    /** Forgets everything, of any lineage. */
    public synchronized void forget() {
        position = LogPosition.NONE;
        caughtUp = false;
        newest = new HashedIdentities(0);
        older.clear();
    }

    private void forgetBelow(long floor) {
        older.removeIf(slice -> slice.lastSecond() < floor);
        if (newest.lastSecond() < floor && newest.size() > 0) {
            newest = new HashedIdentities(floor);
        }
    }

    /** Sorts one slice or merges two, then looks again. */
    private void tidy() {
        if (busy) {
            return;
        }
        for (int i = older.size() - 1; i >= 0; i--) {
            if (older.get(i) instanceof HashedIdentities hashed) {
                begin(List.of(hashed));
                return;
            }
        }
        int pair = cheapestPair();
        if (older.size() > MOST_SLICES && pair >= 0) {
            begin(List.of(older.get(pair), older.get(pair + 1)));
        }
    }

    /** Index of the newer of two neighbours that are the fewest together and not too many; -1: there are none. */
    private int cheapestPair() {
        int best = -1;
        long least = MOST_MERGED;
        for (int i = 0; i + 1 < older.size(); i++) {
            long both = (long) older.get(i).size() + older.get(i + 1).size();
            if (both < least) {
                least = both;
                best = i;
            }
        }
        return best;
    }

    private void begin(List<IdentitySet> slices) {
        busy = true;
        background.execute(() -> {
            SortedIdentities sorted = slices.size() == 1
                    ? new SortedIdentities(
                            slices.getFirst().sorted(), slices.getFirst().lastSecond())
                    : SortedIdentities.merged(slices.getLast(), slices.getFirst());
            replace(slices, sorted);
        });
    }

    /** Unless they have been forgotten meanwhile. */
    private synchronized void replace(List<IdentitySet> slices, SortedIdentities by) {
        int at = older.indexOf(slices.getFirst());
        boolean there = at >= 0
                && at + slices.size() <= older.size()
                && older.subList(at, at + slices.size()).equals(slices);
        if (there) {
            older.subList(at, at + slices.size()).clear();
            older.add(at, by);
        }
        busy = false;
        tidy();
    }

    /** How many identities it holds. */
    public synchronized long size() {
        return newest.size() + older.stream().mapToLong(IdentitySet::size).sum();
    }

    /** Bytes of memory that it takes. */
    public synchronized long bytes() {
        return newest.bytes() + older.stream().mapToLong(IdentitySet::bytes).sum();
    }
}
