package dev.millrace.ledger.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
    private static final String HELD = "held";

    private final CompletableFuture<Void> release = new CompletableFuture<>();
    private final List<List<String>> readings = new CopyOnWriteArrayList<>();

    private RequestCollapser<String, String> collapser(int most, Duration patience) {
        return new RequestCollapser<>(most, patience, this::read);
    }

    private List<String> read(List<String> questions) {
        readings.add(questions);
        if (questions.contains(HELD)) {
            release.join();
        }
        if (questions.contains("bad")) {
            throw new IllegalStateException("as if");
        }
        return questions.stream().map(question -> question + "!").toList();
    }

    private static CompletableFuture<Optional<String>> ask(
            RequestCollapser<String, String> collapser, String question) {
        return CompletableFuture.supplyAsync(
                () -> collapser.ask(question), Executors.newVirtualThreadPerTaskExecutor());
    }

    /** Begins a reading that goes on until it is released, and has the others wait for it, one after the other. */
    private List<CompletableFuture<Optional<String>>> askWhileHeld(
            RequestCollapser<String, String> collapser, String... questions) {
        List<CompletableFuture<Optional<String>>> answers = new CopyOnWriteArrayList<>(List.of(ask(collapser, HELD)));
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
        RequestCollapser<String, String> collapser = collapser(2, LONG);
        assertThat(collapser.ask("a")).contains("a!");
        assertThat(collapser.ask("b")).contains("b!");
        assertThat(readings).containsExactly(List.of("a"), List.of("b"));
    }

    @Test
    void thoseWhoComeMeanwhileShareTheNextReadingsAsManyAsMay() {
        RequestCollapser<String, String> collapser = collapser(2, LONG);
        List<CompletableFuture<Optional<String>>> answers = askWhileHeld(collapser, "a", "b", "c");
        release.complete(null);
        assertThat(answers.stream().map(answer -> answer.join().orElseThrow()))
                .containsExactly(HELD + "!", "a!", "b!", "c!");
        assertThat(readings).containsExactly(List.of(HELD), List.of("a", "b"), List.of("c"));
        assertThat(collapser.ask("later")).contains("later!");
    }

    @Test
    void aReadingThatFailsFailsAllOfItsOwnAndNobodyElse() {
        RequestCollapser<String, String> collapser = collapser(2, LONG);
        List<CompletableFuture<Optional<String>>> answers = askWhileHeld(collapser, "a", "bad", "c");
        release.complete(null);
        for (int i : List.of(1, 2)) {
            assertThatThrownBy(() -> answers.get(i).join())
                    .isInstanceOf(CompletionException.class)
                    .hasRootCauseMessage("as if");
        }
        assertThat(answers.getLast().join()).contains("c!");
        assertThat(collapser.ask("later")).contains("later!");
    }

    /** When a store gets slow, as many reads as callers would make it slower. */
    @Test
    void aReadThatHangsKeepsNobodyAndNobodyReadsAlone() {
        RequestCollapser<String, String> collapser = collapser(2, Duration.ofMillis(1));
        CompletableFuture<Optional<String>> held = ask(collapser, HELD);
        Awaitility.await().until(() -> readings.size() == 1);
        assertThat(collapser.ask("a")).isEmpty();
        assertThat(collapser.ask("b")).isEmpty();
        assertThat(collapser.waiting()).isZero();
        assertThat(readings).containsExactly(List.of(HELD));
        release.complete(null);
        assertThat(held.join()).contains(HELD + "!");
        assertThat(collapser.ask("later")).contains("later!");
    }

    /** Each of them is answered or sent away; the store has one read at a time all along. */
    @ParameterizedTest
    @ValueSource(ints = {1, 60_000})
    void sixtyFourWaitersOnASlowStoreCauseOneReadAtATime(int patienceMillis) {
        AtomicInteger underWay = new AtomicInteger();
        AtomicInteger mostUnderWay = new AtomicInteger();
        RequestCollapser<String, String> collapser =
                new RequestCollapser<>(8, Duration.ofMillis(patienceMillis), questions -> {
                    mostUnderWay.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                    List<String> answers = read(questions);
                    underWay.decrementAndGet();
                    return answers;
                });
        CompletableFuture<Optional<String>> held = ask(collapser, HELD);
        Awaitility.await().until(() -> readings.size() == 1);
        List<CompletableFuture<Optional<String>>> answers =
                IntStream.range(0, 64).mapToObj(i -> ask(collapser, "q" + i)).toList();
        boolean patient = patienceMillis > 1;
        Awaitility.await()
                .until(() ->
                        patient ? collapser.waiting() == 64 : answers.stream().allMatch(CompletableFuture::isDone));
        release.complete(null);
        assertThat(held.join()).contains(HELD + "!");
        for (int i = 0; i < 64; i++) {
            assertThat(answers.get(i).join()).isEqualTo(patient ? Optional.of("q" + i + "!") : Optional.empty());
        }
        assertThat(readings).hasSize(patient ? 1 + 64 / 8 : 1);
        assertThat(mostUnderWay).hasValue(1);
    }
}
