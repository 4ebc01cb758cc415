package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.redisson.Redisson;
import org.redisson.api.RBatch;
import org.redisson.api.RBloomFilter;
import org.redisson.api.RFuture;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

/**
 * What Redisson offers for it: an {@code RBloomFilter} lets an id count once, {@code RAtomicDouble}s are the counters, added
 * to in batches, one addition per creator and batch. A crash between the two loses the event for good, and so does each id
 * that the filter takes for another one: a filter filled as it was made for loses one event in a thousand. With {@value #SPARE}
 * times the room that a round needs, ten bits of an id are all set by others with a probability of 2 * 10^-11 at its end (the
 * twelfth part of the bits is set then), so that no round of a run loses one.
 */
final class RedissonCounters implements EventCounters {
    /** Of 2 or 32 threads and 4 or 64 connections, these were the fastest on two cores; 32 and 64 are what it comes with. */
    private static final int THREADS = 2;

    private static final int CONNECTIONS = 4;
    private static final int SPARE = 8;
    private static final double FALSE_PROBABILITY = 0.001;
    private static final String EARNED = "earned:";

    private final RedissonClient client;
    private final RBloomFilter<String> seen;

    private RedissonCounters(RedissonClient client) {
        this.client = client;
        this.seen = client.getBloomFilter("seen");
    }

    /** @param url of Redis */
    static RedissonCounters connect(String url) {
        Config config =
                new Config().setCodec(StringCodec.INSTANCE).setThreads(THREADS).setNettyThreads(THREADS);
        config.useSingleServer()
                .setAddress(url)
                .setConnectionPoolSize(CONNECTIONS)
                .setConnectionMinimumIdleSize(CONNECTIONS);
        return new RedissonCounters(Redisson.create(config));
    }

    @Override
    public void open(int events) {
        seen.tryInit((long) SPARE * events, FALSE_PROBABILITY);
    }

    @Override
    public CompletionStage<?> count(Clicks lot) {
        List<CompletableFuture<Boolean>> marked = new ArrayList<>(lot.size());
        for (String id : lot.ids()) {
            marked.add(seen.addAsync(id).toCompletableFuture());
        }
        return CompletableFuture.allOf(marked.toArray(CompletableFuture[]::new))
                .thenCompose(all -> addThoseMarked(lot, marked));
    }

    @Override
    public Map<String, Long> take(List<String> creators) throws ExecutionException, InterruptedException {
        RBatch batch = client.createBatch();
        List<RFuture<Double>> taken = creators.stream()
                .map(creator -> batch.getAtomicDouble(EARNED + creator).getAndSetAsync(0))
                .toList();
        batch.execute();
        Map<String, Long> micros = new HashMap<>();
        for (int i = 0; i < taken.size(); i++) {
            double value = taken.get(i).get();
            if (value != 0) {
                micros.put(creators.get(i), (long) value);
            }
        }
        return micros;
    }

    @Override
    public long remembered() {
        return seen.count();
    }

    /** Of the filter. */
    @Override
    public long bytes() {
        return seen.sizeInMemory();
    }

    @Override
    public void close() {
        client.shutdown();
    }

    private CompletionStage<?> addThoseMarked(Clicks lot, List<CompletableFuture<Boolean>> marked) {
        Map<String, Long> sums = new HashMap<>();
        for (int i = 0; i < lot.size(); i++) {
            if (marked.get(i).resultNow()) {
                sums.merge(lot.creators().get(i), Events.MICROS, Long::sum);
            }
        }
        return add(sums);
    }

    /** An empty batch is refused. */
    private CompletionStage<?> add(Map<String, Long> sums) {
        if (sums.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        RBatch batch = client.createBatch();
        CompletableFuture<?>[] added = sums.entrySet().stream()
                .map(sum -> batch.getAtomicDouble(EARNED + sum.getKey()).addAndGetAsync(sum.getValue()))
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture[]::new);
        return batch.executeAsync().thenCompose(sent -> CompletableFuture.allOf(added));
    }
}
