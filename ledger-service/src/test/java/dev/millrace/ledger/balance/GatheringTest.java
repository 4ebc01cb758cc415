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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GatheringTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final String HELD = "held";

    private final CompletableFuture<Void> release = new CompletableFuture<>();
    private final List<List<String>> readings = new CopyOnWriteArrayList<>();

    private Gathering<String, String> gathering(int most, Duration patience) {
        return new Gathering<>(most, patience, this::read);
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

    private static CompletableFuture<Optional<String>> ask(Gathering<String, String> gathering, String question) {
        return CompletableFuture.supplyAsync(
                () -> gathering.ask(question), Executors.newVirtualThreadPerTaskExecutor());
    }

    /** Begins a reading that goes on until it is released, and has the others wait for it, one after the other. */
    private List<CompletableFuture<Optional<String>>> askWhileHeld(
            Gathering<String, String> gathering, String... questions) {
        List<CompletableFuture<Optional<String>>> answers = new CopyOnWriteArrayList<>(List.of(ask(gathering, HELD)));
        Awaitility.await().until(() -> readings.size() == 1);
        for (int i = 0; i < questions.length; i++) {
            int before = i;
            answers.add(ask(gathering, questions[i]));
            Awaitility.await().until(() -> gathering.waiting() == before + 1);
        }
        return answers;
    }

    @Test
    void whoeverIsAloneReadsAtOnce() {
        Gathering<String, String> gathering = gathering(2, LONG);
        assertThat(gathering.ask("a")).contains("a!");
        assertThat(gathering.ask("b")).contains("b!");
        assertThat(readings).containsExactly(List.of("a"), List.of("b"));
    }

    @Test
    void thoseWhoComeMeanwhileShareTheNextReadingsAsManyAsMay() {
        Gathering<String, String> gathering = gathering(2, LONG);
        List<CompletableFuture<Optional<String>>> answers = askWhileHeld(gathering, "a", "b", "c");
        release.complete(null);
        assertThat(answers.stream().map(answer -> answer.join().orElseThrow()))
                .containsExactly(HELD + "!", "a!", "b!", "c!");
        assertThat(readings).containsExactly(List.of(HELD), List.of("a", "b"), List.of("c"));
        assertThat(gathering.ask("later")).contains("later!");
    }

    @Test
    void aReadingThatFailsFailsAllOfItsOwnAndNobodyElse() {
        Gathering<String, String> gathering = gathering(2, LONG);
        List<CompletableFuture<Optional<String>>> answers = askWhileHeld(gathering, "a", "bad", "c");
        release.complete(null);
        for (int i : List.of(1, 2)) {
            assertThatThrownBy(() -> answers.get(i).join())
                    .isInstanceOf(CompletionException.class)
                    .hasRootCauseMessage("as if");
        }
        assertThat(answers.getLast().join()).contains("c!");
        assertThat(gathering.ask("later")).contains("later!");
    }

    /** When a store gets slow, as many reads as callers would make it slower. */
    @Test
    void aReadThatHangsKeepsNobodyAndNobodyReadsAlone() {
        Gathering<String, String> gathering = gathering(2, Duration.ofMillis(1));
        CompletableFuture<Optional<String>> held = ask(gathering, HELD);
        Awaitility.await().until(() -> readings.size() == 1);
        assertThat(gathering.ask("a")).isEmpty();
        assertThat(gathering.ask("b")).isEmpty();
        assertThat(gathering.waiting()).isZero();
        assertThat(readings).containsExactly(List.of(HELD));
        release.complete(null);
        assertThat(held.join()).contains(HELD + "!");
        assertThat(gathering.ask("later")).contains("later!");
    }
}
