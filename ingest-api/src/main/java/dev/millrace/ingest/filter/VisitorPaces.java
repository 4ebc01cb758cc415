package dev.millrace.ingest.filter;

import com.github.benmanes.caffeine.cache.Caffeine;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * How many pages each visitor opens in a minute, as this node sees it. Thread-safe.
 *
 * <p>It counts pages ({@code jti}), not events. A reader who comes back online sends the events of two hours at once, and a client that got no
 * answer sends them again; neither opens more pages by it. The events of one page are few, since its token pays each key once.
 *
 * <p>A visitor is a number mixed with a seed that the process makes and forgets, so no identity is kept. A minute is that of the clock: at its turn a
 * visitor may open twice as many within 60 s.
 */
final class VisitorPaces {
    /** Pages a minute of one signed visitor: one a second, all day. People who skim a list of articles open one in some seconds. */
    static final int MOST_PAGES = 60;

    /** Pages a minute of one address and user agent, which a school, an office or a mobile network's readers share. */
    static final int MOST_SHARED_PAGES = 600;

    /** For so many seconds after a signed visitor was too fast, nothing of it counts: otherwise a crawler would earn its first minute's share anew. */
    static final long PAUSE = 600;

    private static final long MINUTE = 60;

    /** Memory for visitors, in bytes: some 100,000 who have opened one page. Those seen least of late are forgotten first, and start anew. */
    private static final long MEMORY = 16 << 20;

    /** Bytes of a visitor besides its pages: the cache's node, key, record and array. */
    private static final int ENTRY = 160;

    private static final int SIGNED = 1;
    private static final int SHARED = 2;

    private final long seed = new SecureRandom().nextLong();
    private final ConcurrentMap<Long, Pace> paces = Caffeine.newBuilder()
            .executor(Runnable::run)
            .maximumWeight(MEMORY)
            .weigher((Long _, Pace pace) -> ENTRY + Integer.BYTES * pace.pages.length)
            .<Long, Pace>build()
            .asMap();

    /**
     * Counts this visit's page, and tells whether it is one too many.
     *
     * @param second Unix time
     */
    boolean isTooFast(Visit visit, long second) {
        Long visitor = visitor(visit);
        if (visitor == null) {
            return false;
        }
        long minute = second / MINUTE;
        int page = visit.page().hashCode();
        Pace pace = paces.get(visitor);
        if (pace == null || pace.minute != minute || !pace.has(page)) {
            boolean isShared = visit.visitor() == null;
            pace = paces.compute(visitor, (_, last) -> Pace.of(last, minute).with(page, isShared, second));
        }
        return second < pace.until || !pace.has(page);
    }

    /** The same for a page that is not opened: it is not counted. */
    boolean wouldBeTooFast(Visit visit, long second) {
        Long visitor = visitor(visit);
        Pace last = visitor == null ? null : paces.get(visitor);
        if (last == null) {
            return false;
        }
        int page = visit.page().hashCode();
        Pace next = Pace.of(last, second / MINUTE).with(page, visit.visitor() == null, second);
        return second < next.until || !next.has(page);
    }

    /** How many visitors are remembered. */
    int size() {
        return paces.size();
    }

    private @Nullable Long visitor(Visit visit) {
        if (visit.visitor() != null) {
            return key(SIGNED, visit.publisher().hashCode(), 0, visit.visitor().hashCode());
        }
        return visit.address() == null || visit.userAgent() == null
                ? null
                : key(
                        SHARED,
                        visit.publisher().hashCode(),
                        ClientNetwork.number(visit.address()),
                        visit.userAgent().hashCode());
    }

    /** Each part is mixed in by itself. So who does not know the seed can't sign an address that makes another publisher's visitor of its own. */
    private long key(long kind, long publisher, long network, long name) {
        return mixed(mixed(mixed(mixed(seed ^ kind) ^ publisher) ^ network) ^ name);
    }

    /** The finaliser of MurmurHash3. */
    private static long mixed(long number) {
        long mixed = (number ^ (number >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }

    /** A visitor's pages of one minute. Immutable. */
    private static final class Pace {
        private static final int[] NONE = {};

        /** Of Unix time. */
        private final long minute;

        /** The hashes of its pages, up to the most that count. */
        private final int[] pages;

        /** The second at which a visitor that was too fast counts again; 0 for one that was not. */
        private final long until;

        private Pace(long minute, int[] pages, long until) {
            this.minute = minute;
            this.pages = pages;
            this.until = until;
        }

        static Pace of(@Nullable Pace last, long minute) {
            if (last == null) {
                return new Pace(minute, NONE, 0);
            }
            return last.minute == minute ? last : new Pace(minute, NONE, last.until);
        }

        Pace with(int page, boolean isShared, long second) {
            if (has(page)) {
                return this;
            }
            if (pages.length < (isShared ? MOST_SHARED_PAGES : MOST_PAGES)) {
                int[] more = Arrays.copyOf(pages, pages.length + 1);
                more[pages.length] = page;
                return new Pace(minute, more, until);
            }
            return isShared ? this : new Pace(minute, pages, second + PAUSE);
        }

        boolean has(int page) {
            for (int one : pages) {
                if (one == page) {
                    return true;
                }
            }
            return false;
        }
    }
}
