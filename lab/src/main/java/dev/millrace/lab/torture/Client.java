package dev.millrace.lab.torture;

import com.google.common.util.concurrent.RateLimiter;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One sender in a closed loop: a batch, and the next one when that is acknowledged. Two events in three hundred are sent a second
 * time, in the same batch or in the next one; a share of them is sent to the other node at the same moment. Runs in one thread.
 */
final class Client {
    private static final int LEAST = 100;
    private static final int MOST = 500;
    private static final int COPIES_IN = 300;

    /** Where fewer events are sent to both nodes, this share of them is, in some batches only. */
    private static final double LEAST_SHARE = 0.1;

    private final RandomGenerator random;
    private final Readership readership;
    private final Oracle oracle;
    private final Post post;
    private final RateLimiter pace;
    private final Tallies twice;
    private final double both;
    private List<Readership.Event> again = new ArrayList<>();

    /**
     * @param twice counts what is sent twice, by the way
     * @param both share of the events that are sent to both nodes at once
     */
    Client(
            RandomGenerator random,
            Readership readership,
            Oracle oracle,
            Post post,
            RateLimiter pace,
            Tallies twice,
            double both) {
        this.random = random;
        this.readership = readership;
        this.oracle = oracle;
        this.post = post;
        this.pace = pace;
        this.twice = twice;
        this.both = both;
    }

    /** Draws a batch, sends it and returns when there is nothing left to do for it. */
    void sendOne() throws InterruptedException {
        int size = random.nextInt(LEAST, MOST + 1);
        var _ = pace.acquire(size);
        List<Readership.Event> fresh = new ArrayList<>(size);
        List<Readership.Event> copies = again;
        again = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Readership.Event event = readership.next();
            if (event.again()) {
                copies.add(event);
                twice.add("new token");
            } else {
                fresh.add(event);
                chooseCopy(event, copies);
            }
        }
        Post.Batch batch = Post.Batch.of(fresh, copies);
        int node = random.nextInt(2);
        oracle.sending(batch.sums());
        double share = Math.max(both, LEAST_SHARE);
        Thread twin = random.nextDouble() * share < both
                ? twin(fresh.subList(0, (int) (fresh.size() * share)), node + 1)
                : null;
        if (post.deliver(batch, node)) {
            oracle.acknowledged(batch.sums());
        } else {
            oracle.unanswered(batch.sums());
        }
        if (twin != null) {
            twin.join();
        }
    }

    private void chooseCopy(Readership.Event event, List<Readership.Event> copies) {
        switch (random.nextInt(COPIES_IN)) {
            case 0 -> {
                copies.add(event);
                twice.add("same batch");
            }
            case 1 -> {
                again.add(event);
                twice.add("next batch");
            }
            default -> {}
        }
    }

    /** What it brings counts for nothing here: the events are those of the batch. */
    private Thread twin(List<Readership.Event> events, int node) {
        twice.add("both nodes at once", events.size());
        Post.Batch copies = Post.Batch.of(List.of(), events);
        return Thread.ofVirtual().start(() -> {
            try {
                post.deliver(copies, node);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
