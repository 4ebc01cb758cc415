package dev.millrace.settlement.read;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.money.Micros;
import java.util.random.RandomGenerator;

/**
 * Whether two lists of amounts, each in any order and with several amounts for one earner, give the same sum to every earner;
 * in constant memory. Each earner is given a random weight of 128 bits, the same on both sides, and the amounts times the
 * weights are summed up, modulo 2<sup>64</sup> in two lanes.
 *
 * <p>Sums that are the same for every earner always agree. Others agree by chance only: the weights follow from seeds that are
 * drawn anew for each epoch, so nobody can choose ids to that end; for amounts that differ by a multiple of 2<sup>k</sup> in two
 * or more earners, the probability is about 2<sup>-2(64-k)</sup>. The epoch's control total is compared exactly besides.
 */
final class BothSides {
    private static final long PRIME = 0x100000001b3L;
    private static final long FIRST = 0xbf58476d1ce4e5b9L;
    private static final long SECOND = 0x94d049bb133111ebL;

    private final long seed;
    private final long otherSeed;
    private long lane;
    private long otherLane;

    BothSides(RandomGenerator random) {
        this.seed = random.nextLong();
        this.otherSeed = random.nextLong();
    }

    void earned(EarnField earner, Micros micros) {
        lane += weight(seed, earner) * micros.value();
        otherLane += weight(otherSeed, earner) * micros.value();
    }

    void priced(EarnField earner, Micros micros) {
        lane -= weight(seed, earner) * micros.value();
        otherLane -= weight(otherSeed, earner) * micros.value();
    }

    boolean agree() {
        return lane == 0 && otherLane == 0;
    }

    private static long weight(long seed, EarnField earner) {
        return mixed(absorbed(absorbed(seed, earner.publisher()) * PRIME, earner.creator()));
    }

    private static long absorbed(long state, String text) {
        long now = state;
        for (int i = 0; i < text.length(); i++) {
            now = (now ^ text.charAt(i)) * PRIME;
            now ^= now >>> 32;
        }
        return now;
    }

    /** The finishing of MurmurHash3, with the constants of SplitMix64: every bit depends on every other. */
    private static long mixed(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * FIRST;
        mixed = (mixed ^ (mixed >>> 27)) * SECOND;
        return mixed ^ (mixed >>> 31);
    }
}
