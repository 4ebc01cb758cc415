package dev.millrace.ingest.tally;

import com.google.common.hash.BloomFilter;
import com.google.common.hash.PrimitiveSink;
import dev.millrace.common.identity.Identity;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Remembers, with a Bloom filter (Bloom 1970; Guava's implementation), which identities this node has sent. "No" is
 * certain; "maybe" is wrong for about 1 % of new identities and costs them the small lane, never money. Thread-safe.
 *
 * <p>Two generations: when the newer holds its number of identities it becomes the older, and the older is dropped. Each
 * takes 11 bits an identity. One that holds none is switched off: it suspects nobody.
 */
final class SentFilter {
    private static final double FALSE_POSITIVES = 0.005;

    private record Generations(
            long number, BloomFilter<Identity> newer, BloomFilter<Identity> older, AtomicInteger held) {}

    private final int capacity;
    private volatile Generations generations;

    /**
     * @param capacity identities a generation holds, 0 to switch it off
     */
    SentFilter(int capacity) {
        this.capacity = capacity;
        this.generations = new Generations(0, empty(), empty(), new AtomicInteger());
    }

    boolean mayHaveSent(Identity identity) {
        Generations now = generations;
        return isOn() && (now.newer().mightContain(identity) || now.older().mightContain(identity));
    }

    void sent(Identity identity) {
        Generations now = generations;
        if (isOn() && now.newer().put(identity) && now.held().incrementAndGet() >= capacity) {
            rotate(now);
        }
    }

    private boolean isOn() {
        return capacity > 0;
    }

    private synchronized void rotate(Generations full) {
        if (generations.number() == full.number()) {
            generations = new Generations(full.number() + 1, empty(), full.newer(), new AtomicInteger());
        }
    }

    private static void funnel(@Nullable Identity identity, PrimitiveSink into) {
        Objects.requireNonNull(identity);
        into.putLong(identity.high()).putLong(identity.low());
    }

    private BloomFilter<Identity> empty() {
        return BloomFilter.create(SentFilter::funnel, capacity, FALSE_POSITIVES);
    }
}
