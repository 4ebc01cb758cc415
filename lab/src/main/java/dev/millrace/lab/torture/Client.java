package dev.millrace.lab.torture;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One sender in a closed loop: a batch, and the next one when that is acknowledged. One event in a hundred is sent a second
 * time: in the same batch, in the next one, or to the other node at the same moment. Runs in one thread.
 */
final class Client {
    private static final int LEAST = 100;
    private static final int MOST = 500;
    private static final int COPIES_IN = 300;

    /** One batch in so many has a tenth of its events sent to both nodes at once. */
    private static final int TWINS_IN = 30;

    private static final int TWIN_SHARE = 10;

    private final RandomGenerator random;
    private final Readership readership;
    private final Oracle oracle;
    private final Post post;
    private final Pace pace;
    private final Tallies twice;
    private List<Event> again = new ArrayList<>();

    /** @param twice counts what is sent twice, by the way */
    Client(RandomGenerator random, Readership readership, Oracle oracle, Post post, Pace pace, Tallies twice) {
        this.random = random;
        this.readership = readership;
        this.oracle = oracle;
        this.post = post;
        this.pace = pace;
        this.twice = twice;
    }

    /** Draws a batch, sends it and returns when there is nothing left to do for it. */
    void sendOne() throws InterruptedException {
        int size = random.nextInt(LEAST, MOST + 1);
        pace.await(size);
        List<Event> fresh = new ArrayList<>(size);
        List<Event> copies = again;
        again = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Event event = readership.next();
            fresh.add(event);
            chooseCopy(event, copies);
        }
        Batch batch = Batch.of(fresh, copies);
        int node = random.nextInt(2);
        oracle.sending(batch.sums());
        Thread twin = random.nextInt(TWINS_IN) == 0 ? twin(fresh.subList(0, size / TWIN_SHARE), node + 1) : null;
        if (post.deliver(batch, node)) {
            oracle.acknowledged(batch.sums());
        } else {
            oracle.unanswered(batch.sums());
        }
        if (twin != null) {
            twin.join();
        }
    }

    private void chooseCopy(Event event, List<Event> copies) {
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
    private Thread twin(List<Event> events, int node) {
        twice.add("both nodes at once", events.size());
        Batch copies = Batch.of(List.of(), events);
        return Thread.ofVirtual().start(() -> {
            try {
                post.deliver(copies, node);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
