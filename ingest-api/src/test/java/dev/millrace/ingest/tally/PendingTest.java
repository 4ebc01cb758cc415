package dev.millrace.ingest.tally;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.limit.ConcurrencyLimit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class PendingTest {
    private final List<Thread> begun = new CopyOnWriteArrayList<>();
    private final ConcurrencyLimit limit = new ConcurrencyLimit(1, this::recorded, System::nanoTime);

    private Thread recorded(Runnable body) {
        Thread thread = Thread.ofVirtual().unstarted(body);
        begun.add(thread);
        return thread;
    }

    @Test
    void whoWaitsLetsOthersBeginAndWhoHasItsOutcomesGoesBeforeThem() throws InterruptedException {
        CompletableFuture<Share> sent = new CompletableFuture<>();
        CompletableFuture<List<Outcome>> answered = new CompletableFuture<>();
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        limit.execute(() -> {
            Pending request = new Pending(0);
            sent.complete(request.newShare(0));
            answered.complete(outcomes(request));
            await(first);
        });
        CountDownLatch secondBegan = new CountDownLatch(1);
        limit.execute(() -> {
            secondBegan.countDown();
            await(second);
        });
        limit.execute(() -> {});

        secondBegan.await();
        sent.join().request().finishShare();
        assertThat(answered.join()).isEmpty();
        second.countDown();
        begun.get(1).join();
        assertThat(limit.waiting())
                .as("the third, while the first has something to do")
                .isEqualTo(1);

        first.countDown();
        begun.getFirst().join();
        assertThat(begun).hasSize(3);
        begun.getLast().join();
    }

    @Test
    void whatEndsItFirstStands() throws Exception {
        Pending failed = new Pending(0);
        Share share = failed.newShare(0);
        failed.fail(new IllegalStateException("of the test"));
        assertThat(failed.isOver()).isTrue();
        share.request().finishShare();
        assertThatThrownBy(failed::await).isInstanceOf(ExecutionException.class).hasRootCauseMessage("of the test");

        Pending done = new Pending(0);
        done.newShare(0).request().finishShare();
        done.fail(new IllegalStateException("too late"));
        assertThat(done.await()).isEmpty();
    }

    private static List<Outcome> outcomes(Pending request) {
        try {
            return request.await();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
