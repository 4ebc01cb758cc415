package dev.millrace.ingest.tally;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.counters.EngageField;
import dev.millrace.common.identity.Identity;
import dev.millrace.common.token.EventType;
import dev.millrace.ingest.verify.Countable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CoalescerTest {
    private static final EngageField FIELD = new EngageField("demo", "c-1", "/a", EventType.VIEW, 1);

    /** Calls as "partition:events", with those of one call together, and what completes each. */
    private final List<String> calls = new ArrayList<>();

    private final Queue<CompletableFuture<Void>> underWay = new ArrayDeque<>();

    private final Coalescer coalescer = new Coalescer(100, 2, 1, this::send);

    private CompletableFuture<Void> send(List<PartitionBatch> batches) {
        calls.add(batches.stream()
                .map(batch -> batch.partition() + ":" + batch.size())
                .toList()
                .toString());
        CompletableFuture<Void> answer = new CompletableFuture<>();
        underWay.add(answer);
        return answer;
    }

    @Test
    void nothingWaitsWhileFewCallsAreUnderWay() {
        coalescer.add(List.of(share(3, 10), share(4, 20)));
        coalescer.add(List.of(share(3, 1)));
        assertThat(calls).containsExactly("[3:10, 4:20]", "[3:1]");
    }

    @Test
    void anotherCallBesideTheFirstIsMadeForEnoughEventsOnly() {
        Coalescer patient = new Coalescer(100, 2, 10, this::send);
        patient.add(List.of(share(3, 1)));
        patient.add(List.of(share(3, 5), share(4, 4)));
        assertThat(calls).containsExactly("[3:1]");
        patient.add(List.of(share(5, 1)));
        assertThat(calls).containsExactly("[3:1]", "[3:5, 4:4, 5:1]");
        patient.add(List.of(share(6, 9)));
        answerOne();
        assertThat(calls).hasSize(2);
        answerOne();
        assertThat(calls).containsExactly("[3:1]", "[3:5, 4:4, 5:1]", "[6:9]");
    }

    /** Who has given up counts no more, once a call has passed over it. */
    @Test
    void whoHasGivenUpIsNotCountedAsWaiting() {
        Coalescer patient = new Coalescer(100, 2, 10, this::send);
        patient.add(List.of(share(3, 1)));
        Share overdue = share(3, 9);
        patient.add(List.of(overdue));
        overdue.request().fail(new CountersRefused("it has waited long enough"));
        answerOne();
        patient.add(List.of(share(3, 1)));
        patient.add(List.of(share(3, 9)));
        assertThat(calls).containsExactly("[3:1]", "[3:1]");
        patient.add(List.of(share(3, 1)));
        assertThat(calls).containsExactly("[3:1]", "[3:1]", "[3:10]");
    }

    @Test
    void whatComesInMeanwhileGoesTogetherPartitionByPartition() {
        keepBusy();
        coalescer.add(List.of(share(3, 10), share(4, 20)));
        coalescer.add(List.of(share(5, 1), share(3, 30)));
        assertThat(calls).isEmpty();
        answerOne();
        assertThat(calls).containsExactly("[3:40, 4:20, 5:1]");
    }

    @Test
    void aCallTakesNoMoreThanItsRoomAndWhoIsLeftWaitsBehindTheOthers() {
        keepBusy();
        coalescer.add(List.of(share(1, 60), share(2, 30)));
        coalescer.add(List.of(share(2, 30), share(1, 1), share(3, 80)));
        answerOne();
        assertThat(calls).containsExactly("[1:61, 2:30]");
        answerOne();
        answerOne();
        assertThat(calls).containsExactly("[1:61, 2:30]", "[3:80]", "[2:30]");
    }

    /** However busy the others are, a large share is at most second in one call and first in the next. */
    @Test
    void aLargeShareIsNotPassedOverAgainAndAgain() {
        keepBusy();
        coalescer.add(List.of(share(1, 50), share(2, 101)));
        answerOne();
        coalescer.add(List.of(share(1, 50), share(3, 50)));
        answerOne();
        assertThat(calls).containsExactly("[1:50]", "[2:101]");
    }

    /** Who sends to one partition without end keeps no other from its turn. */
    @Test
    void aPartitionThatIsNeverEmptyStarvesNoOther() {
        keepBusy();
        coalescer.add(List.of(share(1, 60)));
        coalescer.add(List.of(share(1, 60), share(2, 70)));
        for (int i = 0; i < 3; i++) {
            coalescer.add(List.of(share(1, 60)));
            answerOne();
        }
        assertThat(calls).containsExactly("[1:60]", "[2:70]", "[1:60]");
    }

    /** As where Redis is away: every call is over at once. */
    @Test
    void aLongBacklogOfCallsThatEndAtOnceNeedsNoDeepStack() {
        Queue<CompletableFuture<Void>> first = new ArrayDeque<>();
        AtomicInteger sent = new AtomicInteger();
        Coalescer dead = new Coalescer(1, 1, 1, batches -> {
            sent.addAndGet(batches.getFirst().size());
            CompletableFuture<Void> answer = new CompletableFuture<>();
            if (first.isEmpty()) {
                first.add(answer);
            } else {
                answer.complete(null);
            }
            return answer;
        });
        for (int i = 0; i < 100_000; i++) {
            dead.add(List.of(share(i % Identity.PARTITIONS, 1)));
        }
        first.element().complete(null);
        assertThat(sent).hasValue(100_000);
    }

    @Test
    void aShareThatIsLargerThanACallGoesByItself() {
        keepBusy();
        coalescer.add(List.of(share(7, 99)));
        coalescer.add(List.of(share(8, 101)));
        coalescer.add(List.of(share(9, 1)));
        answerOne();
        answerOne();
        answerOne();
        assertThat(calls).containsExactly("[7:99]", "[8:101]", "[9:1]");
    }

    @Test
    void whoHasGivenUpIsLeftOut() {
        keepBusy();
        Share overdue = share(3, 10);
        coalescer.add(List.of(overdue, share(3, 5)));
        overdue.request().fail(new CountersRefused("it has waited long enough"));
        answerOne();
        assertThat(calls).containsExactly("[3:5]");
        Share alone = share(3, 1);
        coalescer.add(List.of(alone));
        alone.request().fail(new CountersRefused("it has waited long enough"));
        answerOne();
        assertThat(calls).containsExactly("[3:5]");
        coalescer.add(List.of(share(3, 2)));
        assertThat(calls).containsExactly("[3:5]", "[3:2]");
    }

    @Test
    void aCallThatFailsIsOverToo() {
        keepBusy();
        Share waiting = share(3, 10);
        coalescer.add(List.of(waiting));
        underWay.remove().completeExceptionally(new IllegalStateException("no answer that can be read"));
        assertThat(calls).containsExactly("[3:10]");
        assertThat(waiting.request().isOver()).isFalse();
    }

    @Test
    void aCallThatCanNotEvenBeMadeFailsItsSharesAndMakesRoom() {
        List<String> made = new ArrayList<>();
        Coalescer failing = new Coalescer(100, 1, 1, batches -> {
            made.add(batches.toString());
            throw new OutOfMemoryError("as if");
        });
        for (int i = 0; i < 3; i++) {
            Share share = share(1, 10);
            failing.add(List.of(share));
            assertThatThrownBy(() -> share.request().await()).hasRootCauseMessage("as if");
        }
        assertThat(made).hasSize(3);
    }

    @Test
    void manyThreadsLoseNothing() throws InterruptedException {
        AtomicInteger sent = new AtomicInteger();
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch all = new CountDownLatch(40_000);
        Coalescer busy = new Coalescer(
                100,
                2,
                1,
                batches -> CompletableFuture.runAsync(
                        () -> {
                            most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                            batches.forEach(batch -> {
                                sent.addAndGet(batch.size());
                                batch.shares().forEach(_ -> all.countDown());
                            });
                            atOnce.decrementAndGet();
                        },
                        task -> Thread.ofVirtual().start(task)));
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(thread -> Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        busy.add(List.of(share((thread + i) % Identity.PARTITIONS, 3)));
                    }
                }))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(all.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(sent).hasValue(120_000);
        assertThat(most.get()).isBetween(1, 2);
    }

    private void keepBusy() {
        coalescer.add(List.of(share(0, 1)));
        coalescer.add(List.of(share(0, 1)));
        calls.clear();
    }

    private void answerOne() {
        underWay.remove().complete(null);
    }

    private static Share share(int partition, int events) {
        Share share = new Pending(events).newShare(partition);
        for (int i = 0; i < events; i++) {
            long high = (long) partition << 60;
            share.add(new Countable(new Identity(high, i), FIELD, 1, 1, 0, 100, 0), i);
        }
        return share;
    }
}
