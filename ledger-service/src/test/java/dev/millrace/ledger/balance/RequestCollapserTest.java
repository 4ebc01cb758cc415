package dev.millrace.ledger.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RequestCollapserTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final String HELD = "held";

    private final CompletableFuture<Void> release = new CompletableFuture<>();
    private final List<List<String>> readings = new CopyOnWriteArrayList<>();

    private RequestCollapser<String, String> collapser(int most) {
        return new RequestCollapser<>(most, () -> new IllegalStateException("late"), this::read);
    }

    private void read(Map<String, CompletableFuture<String>> asked) {
        List<String> questions = List.copyOf(asked.keySet());
        readings.add(questions);
        if (questions.contains(HELD)) {
            release.join();
        }
        if (questions.contains("bad")) {
            throw new IllegalStateException("as if");
        }
        asked.forEach((question, answer) -> answer.complete(question + "!"));
    }

    private static CompletableFuture<String> ask(RequestCollapser<String, String> collapser, String question) {
        return ask(collapser, question, LONG);
    }

    private static CompletableFuture<String> ask(
            RequestCollapser<String, String> collapser, String question, Duration patience) {
        return CompletableFuture.supplyAsync(
                () -> collapser.ask(question, patience), Executors.newVirtualThreadPerTaskExecutor());
    }

    /** Begins a reading that goes on until it is released, and has the others wait for it, one after the other. */
    private List<CompletableFuture<String>> askWhileHeld(
            RequestCollapser<String, String> collapser, String... questions) {
        List<CompletableFuture<String>> answers = new CopyOnWriteArrayList<>(List.of(ask(collapser, HELD)));
        Awaitility.await().until(() -> readings.size() == 1);
        for (int i = 0; i < questions.length; i++) {
            int before = i;
            answers.add(ask(collapser, questions[i]));
            Awaitility.await().until(() -> collapser.waiting() == before + 1);
        }
        return answers;
    }

    @Test
    void whoeverIsAloneReadsAtOnce() {
        RequestCollapser<String, String> collapser = collapser(2);
        assertThat(collapser.ask("a", LONG)).isEqualTo("a!");
        assertThat(collapser.ask("b", LONG)).isEqualTo("b!");
        assertThat(readings).containsExactly(List.of("a"), List.of("b"));
    }

    @Test
    void thoseWhoComeMeanwhileShareTheNextReadingsAsManyAsMay() {
        RequestCollapser<String, String> collapser = collapser(2);
        List<CompletableFuture<String>> answers = askWhileHeld(collapser, "a", "b", "c");
        release.complete(null);
        assertThat(answers.stream().map(answer -> answer.join())).containsExactly(HELD + "!", "a!", "b!", "c!");
        assertThat(readings).containsExactly(List.of(HELD), List.of("a", "b"), List.of("c"));
        assertThat(collapser.ask("later", LONG)).isEqualTo("later!");
    }

    @Test
    void aReadingThatFailsFailsAllOfItsOwnAndNobodyElse() {
        RequestCollapser<String, String> collapser = collapser(2);
        List<CompletableFuture<String>> answers = askWhileHeld(collapser, "a", "bad", "c");
        release.complete(null);
        for (int i : List.of(1, 2)) {
            assertThatThrownBy(() -> answers.get(i).join())
                    .isInstanceOf(CompletionException.class)
                    .hasRootCauseMessage("as if");
        }
        assertThat(answers.getLast().join()).isEqualTo("c!");
        assertThat(collapser.ask("later", LONG)).isEqualTo("later!");
    }

    @Test
    void thoseWhoAskTheSameShareOneAnswer() {
        RequestCollapser<String, String> collapser = collapser(2);
        CompletableFuture<String> held = ask(collapser, HELD);
        Awaitility.await().until(() -> readings.size() == 1);
        List<CompletableFuture<String>> same = List.of(ask(collapser, "a"), ask(collapser, "a"));
        Awaitility.await().until(() -> collapser.waiting() == 1);
        release.complete(null);
        assertThat(same.stream().map(CompletableFuture::join)).containsExactly("a!", "a!");
        assertThat(held.join()).isEqualTo(HELD + "!");
    }

    @Test
    void aCallerWhosePatienceEndsTakesNobodyElseAlong() {
        RequestCollapser<String, String> collapser = collapser(2);
        List<CompletableFuture<String>> answers = askWhileHeld(collapser, "a");
        assertThatThrownBy(() -> collapser.ask("a", SHORT)).hasMessage("late");
        assertThat(collapser.waiting()).isEqualTo(1);
        release.complete(null);
        assertThat(answers.getLast().join()).isEqualTo("a!");
    }

    /** When a store gets slow, as many reads as callers would make it slower. */
    @Test
    void aReadThatHangsKeepsNobodyAndNobodyReadsAlone() {
        RequestCollapser<String, String> collapser = collapser(2);
        CompletableFuture<String> held = ask(collapser, HELD);
        Awaitility.await().until(() -> readings.size() == 1);
        assertThatThrownBy(() -> collapser.ask("a", SHORT)).hasMessage("late");
        assertThatThrownBy(() -> collapser.ask("b", SHORT)).hasMessage("late");
        assertThat(collapser.waiting()).isZero();
        assertThat(readings).containsExactly(List.of(HELD));
        release.complete(null);
        assertThat(held.join()).isEqualTo(HELD + "!");
        assertThat(collapser.ask("later", LONG)).isEqualTo("later!");
    }

    /** Each of them is answered or sent away; the store has one read at a time all along. */
    @ParameterizedTest
    @ValueSource(ints = {1, 60_000})
    void sixtyFourWaitersOnASlowStoreCauseOneReadAtATime(int patienceMillis) {
        AtomicInteger underWay = new AtomicInteger();
        AtomicInteger mostUnderWay = new AtomicInteger();
        RequestCollapser<String, String> collapser =
                new RequestCollapser<>(8, () -> new IllegalStateException("late"), asked -> {
                    mostUnderWay.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                    read(asked);
                    underWay.decrementAndGet();
                });
        CompletableFuture<String> held = ask(collapser, HELD);
        Awaitility.await().until(() -> readings.size() == 1);
        List<CompletableFuture<String>> answers = IntStream.range(0, 64)
                .mapToObj(i -> ask(collapser, "q" + i, Duration.ofMillis(patienceMillis)))
                .toList();
        boolean patient = patienceMillis > 1;
        Awaitility.await()
                .until(() ->
                        patient ? collapser.waiting() == 64 : answers.stream().allMatch(CompletableFuture::isDone));
        release.complete(null);
        assertThat(held.join()).isEqualTo(HELD + "!");
        for (int i = 0; i < 64; i++) {
            if (patient) {
                assertThat(answers.get(i).join()).isEqualTo("q" + i + "!");
            } else {
                assertThatThrownBy(answers.get(i)::join).hasRootCauseMessage("late");
            }
        }
        assertThat(readings).hasSize(patient ? 1 + 64 / 8 : 1);
        assertThat(mostUnderWay).hasValue(1);
    }
}
