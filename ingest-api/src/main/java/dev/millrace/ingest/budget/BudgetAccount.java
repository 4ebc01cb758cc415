package dev.millrace.ingest.budget;

import dev.millrace.common.catalog.Limits;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Spent;

/**
 * What one publisher has spent, as this node knows: the sums of its last look at each partition, and what the node itself has counted since that look
 * began or has under way. So it is never less than what Redis held at the look. An event that was counted during a look is in both until the next
 * one. Thread-safe.
 */
final class BudgetAccount {
    /** A look is asked for early once a node has counted an eighth of what was left: several nodes may spend at the same time. */
    private static final int PARTS = 8;

    private final Known[] partitions = new Known[Partition.COUNT];

    /** Micros of events that fit and have no outcome yet. */
    private long underWay;

    /** The least price that did not fit. */
    private long refused = Long.MAX_VALUE;

    private Limits limits;

    /** One partition. */
    private static final class Known {
        private boolean ever;
        private boolean now;
        private long ticks;
        private long day;
        private long today;
        private long total;

        /** Micros that this node has counted since its start, and how many they were when the last look began. */
        private long counted;

        private long countedBefore;
    }

    /** Whether an event fits. */
    enum Fit {
        /** It fits; its price is under way. */
        FITS,

        /** It does not, whatever this node has counted twice. */
        OVER,

        /** Only a look that begins now can tell. */
        UNSURE,

        /** It is not known what is spent. */
        UNKNOWN
    }

    BudgetAccount(Limits limits) {
        this.limits = limits;
        for (int i = 0; i < partitions.length; i++) {
            partitions[i] = new Known();
        }
    }

    synchronized void limit(Limits now) {
        limits = now;
    }

    /** What this node has counted of each partition by now, for {@link #looked}. */
    synchronized long[] begin() {
        long[] counted = new long[partitions.length];
        for (int i = 0; i < counted.length; i++) {
            counted[i] = partitions[i].counted;
        }
        return counted;
    }

    /**
     * A look has found this.
     *
     * @param counted what {@link #begin} told before the look
     * @param day by Redis' clock
     * @param ticks of the look's beginning, in nanoseconds
     */
    synchronized void looked(Partition partition, long counted, long day, Spent.Sum sum, long ticks) {
        Known known = partitions[partition.number()];
        known.ever = true;
        known.now = true;
        known.ticks = ticks;
        known.day = day;
        known.today = sum.today();
        known.total = sum.total();
        known.countedBefore = counted;
    }

    /** A look has found that it is not known what is spent there. */
    synchronized void lost(Partition partition) {
        partitions[partition.number()].now = false;
    }

    /**
     * Reserves the price of an event if it fits.
     *
     * @param oldest least ticks of a look that still holds
     */
    synchronized Fit reserve(Partition partition, long micros, long oldest) {
        if (micros == 0) {
            return Fit.FITS;
        }
        Known there = partitions[partition.number()];
        if (!there.now || there.ticks - oldest < 0 || !isKnown()) {
            return Fit.UNKNOWN;
        }
        long own = own();
        if (left(own) < micros) {
            if (left(0) >= micros) {
                return Fit.UNSURE;
            }
            refused = Math.min(refused, micros);
            return Fit.OVER;
        }
        underWay += micros;
        return Fit.FITS;
    }

    /** Whether this node has counted so much since its last look that it had better look again. */
    synchronized boolean isHot() {
        return own() > left(0) / PARTS;
    }

    private boolean isKnown() {
        for (Known known : partitions) {
            if (!known.ever) {
                return false;
            }
        }
        return true;
    }

    private long own() {
        long own = underWay;
        for (Known known : partitions) {
            own += known.counted - known.countedBefore;
        }
        return own;
    }

    /** What is left of the tighter budget, when so much is counted beyond the last look. */
    private long left(long own) {
        return Math.min(limits.mostInADay() - today() - own, limits.mostInAll() - total() - own);
    }

    private long total() {
        long total = 0;
        for (Known known : partitions) {
            total += known.total;
        }
        return total;
    }

    /** Of the latest day that a look has found: a partition that was last seen the day before has nothing of it. */
    private long today() {
        long day = 0;
        for (Known known : partitions) {
            day = Math.max(day, known.day);
        }
        long today = 0;
        for (Known known : partitions) {
            today += known.day == day ? known.today : 0;
        }
        return today;
    }

    /** The event is counted, or may be. */
    synchronized void counted(Partition partition, long micros) {
        underWay -= micros;
        partitions[partition.number()].counted += micros;
    }

    /** The event is not counted. */
    synchronized void giveBack(long micros) {
        underWay -= micros;
    }

    /** The part that is spent of the tighter budget. */
    synchronized double ratio() {
        return Math.max(dayRatio(), totalRatio());
    }

    /** The part of the day's budget that is spent; 1 where an event has not fitted into what is left. */
    synchronized double dayRatio() {
        return ratio(today() + own(), limits.mostInADay());
    }

    /** The same of the budget in all. */
    synchronized double totalRatio() {
        return ratio(total() + own(), limits.mostInAll());
    }

    private double ratio(long spent, long most) {
        boolean isOver = refused != Long.MAX_VALUE && most - spent < refused;
        return isOver || most == 0 ? 1 : (double) spent / most;
    }
}
