package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.counters.Partition;
import dev.millrace.lab.stack.Instance;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * Readers of every partition, a thread each. Their views go to one ingest node or another, in batches that are sent until they are answered
 * for good; every fourth batch goes to another node once more. Whatever was answered before is a duplicate from then on.
 */
final class Readers implements AutoCloseable {
    private static final int VIEW = 1_000;
    private static final int BATCH = 20;
    private static final int CREATORS_OF_A_PARTITION = 2;
    private static final int TWICE = 4;
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Api api;
    private final NimbusPublisher publisher;
    private final String name;
    private final int nodes;
    private final Queue<Batch> batches = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> running = new ArrayList<>();

    /** By partition, readings of the clock when something was accepted last. */
    private final AtomicLongArray acceptedAt = new AtomicLongArray(Partition.COUNT);

    private final AtomicLong refusals = new AtomicLong();

    /** Whys of refusals, by partition. */
    private final List<Set<String>> whys = Partition.all().stream()
            .<Set<String>>map(p -> new ConcurrentSkipListSet<>())
            .toList();

    /** Answers that must not be. */
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    /**
     * @param name what their creators' names begin with
     * @param nodes ingest nodes
     */
    Readers(Api api, NimbusPublisher publisher, String name, int nodes) {
        this.api = api;
        this.publisher = publisher;
        this.name = name;
        this.nodes = nodes;
        Partition.all().forEach(p -> acceptedAt.set(p.number(), System.nanoTime()));
        Partition.all().forEach(partition -> running.add(threads.submit(() -> read(partition))));
    }

    /** Views of one creator as they are sent. */
    private record Batch(Partition partition, String creator, String json, AtomicBoolean answered) {}

    private void read(Partition partition) {
        List<String> creators = IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> name + "-" + i)
                .filter(creator -> Partition.of(creator).equals(partition))
                .limit(CREATORS_OF_A_PARTITION)
                .toList();
        for (int i = 0; !over.get(); i++) {
            Batch batch = batch(partition, creators.get(i % creators.size()), i);
            batches.add(batch);
            int node = i % nodes;
            deliver(batch, node);
            if (i % TWICE == 0) {
                deliver(batch, (node + 1) % nodes);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private Batch batch(Partition partition, String creator, int number) {
        String json = IntStream.range(0, BATCH)
                .mapToObj(i -> publisher.view(creator, "/" + name, "%s-%d-%d".formatted(creator, number, i)))
                .collect(Collectors.joining(",", "[", "]"));
        return new Batch(partition, creator, json, new AtomicBoolean());
    }

    private void deliver(Batch batch, int node) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isTaken(batch, node)) {
            refusals.incrementAndGet();
            if (System.nanoTime() > deadline) {
                throw new AssertionError("refused for %s: %s"
                        .formatted(PATIENCE, whys.get(batch.partition().number())));
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** Whether it is answered for good. */
    private boolean isTaken(Batch batch, int node) {
        Api.Answer answer;
        try {
            answer = api.events(Instance.ingest(node + 1), batch.json(), TIMEOUT);
        } catch (UncheckedIOException e) {
            whys.get(batch.partition().number()).add(String.valueOf(e.getMessage()));
            return false;
        }
        if (answer.status() == 503) {
            whys.get(batch.partition().number())
                    .add(answer.json().path("detail").asString(""));
            return false;
        }
        boolean first = !batch.answered().getAndSet(true);
        List<String> statuses =
                answer.status() == 202 ? answer.json().get("results").findValuesAsString("status") : List.of();
        boolean allCount = statuses.size() == BATCH
                && statuses.stream()
                        .allMatch(status -> status.equals("duplicate") || (first && status.equals("accepted")));
        if (!allCount) {
            wrong.add("%s, %s: %s".formatted(batch.creator(), first ? "first" : "again", answer.body()));
        }
        if (statuses.contains("accepted")) {
            acceptedAt.set(batch.partition().number(), System.nanoTime());
        }
        return true;
    }

    /** Returns when something was accepted in each of these partitions after a moment; the seconds that it took from there. */
    double awaitAccepted(Collection<Partition> partitions, long since) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .failFast("readers have given up", () -> running.stream().anyMatch(Future::isDone))
                .until(() -> partitions.stream().allMatch(p -> acceptedAt.get(p.number()) - since > 0));
        return partitions.stream()
                        .mapToLong(p -> acceptedAt.get(p.number()) - since)
                        .max()
                        .orElse(0)
                / 1e9;
    }

    /** Returns when events of one of these partitions were refused with such words. */
    void awaitRefusal(Collection<Partition> partitions, String words) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> partitions.stream()
                        .flatMap(partition -> whys.get(partition.number()).stream())
                        .anyMatch(why -> why.contains(words)));
    }

    /** Returns when all that they have sent is answered, and sends all of it to every node again: nothing of it may count. */
    void finish() throws InterruptedException {
        over.set(true);
        awaitAll(running);
        Map<Partition, List<Batch>> sent = batches.stream().collect(Collectors.groupingBy(Batch::partition));
        List<Future<?>> again = new ArrayList<>();
        for (List<Batch> some : sent.values()) {
            for (int i = 0; i < nodes; i++) {
                int node = i;
                again.add(threads.submit(() -> some.forEach(batch -> deliver(batch, node))));
            }
        }
        awaitAll(again);
        assertThat(wrong).as("answers that must not be").isEmpty();
    }

    private static void awaitAll(List<Future<?>> work) throws InterruptedException {
        try {
            for (Future<?> one : work) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("a reader broke off", e);
        }
    }

    /** Micros that each creator has earned. */
    Map<String, Long> earned() {
        Map<String, Long> earned = new HashMap<>();
        batches.forEach(batch -> earned.merge(batch.creator(), (long) BATCH * VIEW, Long::sum));
        return earned;
    }

    @Override
    public String toString() {
        return "%,d events, %,d requests refused: %s"
                .formatted(
                        batches.size() * BATCH,
                        refusals.get(),
                        whys.stream()
                                .flatMap(Set::stream)
                                .map(why -> why.replaceFirst(";[^;]*$", ""))
                                .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Override
    public void close() {
        over.set(true);
        threads.shutdownNow();
    }
}
