package dev.millrace.ingest.tally;

import dev.millrace.ingest.verify.Countable;
import dev.millrace.lab.jmh.EventBenchmark;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * From events that wait while a call is under way to the next call, and from its answer to each event's outcome: ours, and a
 * queue of events, each with a future, that is drained and grouped by partition. Redis is left out: the answer is that all
 * count.
 */
public class CoalescerBenchmark extends EventBenchmark {
    private final List<Countable> events = SampleEvents.ofOneCall();
    private final Coalescer coalescer = new Coalescer(SampleEvents.CALL, 1, 1, this::send);
    private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private List<PartitionBatch> sent = List.of();
    private CompletableFuture<Void> underWay = new CompletableFuture<>();

    private record Waiting(Countable event, CompletableFuture<Outcome> outcome) {
        int partition() {
            return event.identity().partition();
        }
    }

    private CompletableFuture<Void> send(List<PartitionBatch> batches) {
        sent = batches;
        underWay = new CompletableFuture<>();
        return underWay;
    }

    /** Requests of one event. */
    @Benchmark
    @OperationsPerInvocation(SampleEvents.CALL)
    public List<Outcome> millrace() throws InterruptedException, ExecutionException {
        keepBusy();
        List<Pending> requests = new ArrayList<>(SampleEvents.CALL);
        for (Countable event : events) {
            Pending request = new Pending(1);
            coalescer.add(List.of(share(request, event)));
            requests.add(request);
        }
        answer();
        answer();
        List<Outcome> outcomes = new ArrayList<>(SampleEvents.CALL);
        for (Pending request : requests) {
            outcomes.addAll(request.await());
        }
        return outcomes;
    }

    /** All in one request. */
    @Benchmark
    @OperationsPerInvocation(SampleEvents.CALL)
    public List<Outcome> millraceBatch() throws InterruptedException, ExecutionException {
        keepBusy();
        Pending request = new Pending(SampleEvents.CALL);
        coalescer.add(SampleEvents.shares(request, events));
        answer();
        answer();
        return request.await();
    }

    @Benchmark
    @OperationsPerInvocation(SampleEvents.CALL)
    public List<Outcome> queueOfFutures() {
        List<Waiting> requests = new ArrayList<>(SampleEvents.CALL);
        for (Countable event : events) {
            Waiting waiting = new Waiting(event, new CompletableFuture<>());
            queue.add(waiting);
            requests.add(waiting);
        }
        List<Waiting> taken = new ArrayList<>();
        queue.drainTo(taken, SampleEvents.CALL);
        taken.stream()
                .collect(Collectors.groupingBy(Waiting::partition))
                .values()
                .forEach(batch -> batch.forEach(waiting -> waiting.outcome().complete(Outcome.ACCEPTED)));
        List<Outcome> outcomes = new ArrayList<>(SampleEvents.CALL);
        for (Waiting request : requests) {
            outcomes.add(request.outcome().join());
        }
        return outcomes;
    }

    /** With a call of one event under way, the others wait. */
    private void keepBusy() {
        coalescer.add(List.of(share(new Pending(1), events.getFirst())));
    }

    private static Share share(Pending request, Countable event) {
        Share share = request.newShare(event.identity().partition());
        share.add(event, 0);
        return share;
    }

    /** To the call under way; what waits is sent by that. */
    private void answer() {
        for (PartitionBatch batch : sent) {
            for (Share share : batch.shares()) {
                for (int i = 0; i < share.size(); i++) {
                    share.conclude(i, Outcome.ACCEPTED);
                }
                share.request().finishShare();
            }
        }
        underWay.complete(null);
    }
}
