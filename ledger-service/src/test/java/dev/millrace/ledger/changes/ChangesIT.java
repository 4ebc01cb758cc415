package dev.millrace.ledger.changes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What another program's index follows: each journal's articles, in order, at least once. */
class ChangesIT {
    private final RunningLedger ledger = RunningLedger.shared();
    private long before;

    @BeforeEach
    void standAtTheHead() {
        before = head();
    }

    private long head() {
        return ledger.stores()
                .owner()
                .sql("SELECT journal_id FROM chain_head")
                .query(Long.class)
                .single();
    }

    /** Books a journal, and notes it as the last one that changed these articles: {@code publisher|article|creator}, views, micros. */
    private long settle(Map<String, Long> viewsByArticle) {
        long journal = ledger.stores()
                .inTransaction(() ->
                        ledger.stores().book(Instant.now(), Map.of(new Stores.Credit("demo", "changes"), 1_000L)));
        viewsByArticle.forEach((key, views) -> score(key, views, journal));
        return journal;
    }

    private void score(String key, long views, long journal) {
        String[] name = key.split("\\|", 3);
        ledger.stores()
                .owner()
                .sql("""
                        INSERT INTO article_score AS a (publisher, article, creator, micros, settled_at, journal_id, view, scroll)
                        VALUES (?, ?, ?, ?, now(), ?, ?, 2)
                        ON CONFLICT (publisher, article, creator) DO UPDATE
                        SET view = a.view + excluded.view, micros = a.micros + excluded.micros, journal_id = excluded.journal_id
                        """)
                .params(List.of(name[0], name[1], name[2], views * 1_000, journal, views))
                .update();
    }

    private JsonNode page(String query) {
        Answer answer = ledger.get("/v1/changes" + query, RunningLedger.admin());
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static List<String> articles(JsonNode page) {
        List<String> articles = new ArrayList<>();
        page.get("changes")
                .forEach(change -> change.get("articles")
                        .forEach(article -> articles.add(change.get("journal").asString() + " "
                                + article.get("article").asString() + " "
                                + article.get("units").get("view").asLong())));
        return articles;
    }

    @Test
    void aJournalIsToldWithTheTotalsOfItsArticles() {
        long journal = settle(Map.of("demo|/told|c-1", 3L));
        String at = ledger.stores()
                .owner()
                .sql("SELECT created_at FROM journal WHERE journal_id = ?")
                .param(journal)
                .query(Instant.class)
                .single()
                .toString();
        assertThat(ledger.get("/v1/changes?after=" + before, RunningLedger.admin())
                        .text())
                .isEqualTo(
                        "{\"changes\":[{\"journal\":\"%1$d\",\"at\":\"%2$s\",\"kind\":\"settlement\",\"articles\":[{\"publisher\":\"demo\",\"article\":\"/told\",\"creator\":\"c-1\",\"units\":{\"scroll\":2,\"view\":3},\"micros\":3000}]}],\"next\":\"%1$d\"}"
                                .formatted(journal, at));
    }

    @Test
    void anEmptyPageGivesTheSamePositionAgain() {
        assertThat(ledger.get("/v1/changes?after=" + before, RunningLedger.admin())
                        .text())
                .isEqualTo("{\"changes\":[],\"next\":\"%d\"}".formatted(before));
    }

    @Test
    void anArticleThatChangesAgainComesAgainAndOnlyWithItsLastJournal() {
        long first = settle(Map.of("demo|/again|c-1", 1L, "demo|/once|c-1", 1L));
        assertThat(articles(page("?after=" + before))).containsExactly(first + " /again 1", first + " /once 1");
        long second = settle(Map.of("demo|/again|c-1", 4L));
        assertThat(articles(page("?after=" + before))).containsExactly(first + " /once 1", second + " /again 5");
        assertThat(articles(page("?after=" + first))).containsExactly(second + " /again 5");
    }

    /** A journal of many articles does not fit into a page: the position stands in its middle. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 100})
    void pagesPutTogetherAreAllChangesInOrder(int limit) {
        String p = "/p-" + limit;
        String q = "/q-" + limit;
        long first =
                settle(Map.of("demo|" + p + "|c-1", 3L, "demo|" + p + " 2|c-1", 4L, "other|" + p + "\u00e9|c-2", 5L));
        long second = settle(Map.of("demo|" + q + "|c-1", 1L, "demo|" + q + "|c-2", 2L));
        List<String> read = new ArrayList<>();
        String next = Long.toString(before);
        while (true) {
            JsonNode page = page("?limit=" + limit + "&after=" + next);
            if (page.get("changes").isEmpty()) {
                assertThat(page.get("next").asString()).isEqualTo(next);
                break;
            }
            read.addAll(articles(page));
            next = page.get("next").asString();
        }
        assertThat(next).isEqualTo(Long.toString(second));
        assertThat(read)
                .containsExactly(
                        first + " " + p + " 3",
                        first + " " + p + " 2 4",
                        first + " " + p + "\u00e9 5",
                        second + " " + q + " 1",
                        second + " " + q + " 2");
    }

    /** Free engagement makes no journal; it waits for the next one. */
    @Test
    void whatBelongsToNoJournalYetWaits() {
        score("demo|/free|c-1", 1, before + 1);
        assertThat(articles(page("?after=" + before))).isEmpty();
        long journal = settle(Map.of());
        assertThat(journal).isEqualTo(before + 1);
        assertThat(articles(page("?after=" + before))).containsExactly(journal + " /free 1");
    }

    @Test
    void sandboxPublishersAreLeftOut() {
        long journal = settle(Map.of("test-demo|/sandbox|c-1", 1L, "demo|/real|c-1", 1L));
        assertThat(articles(page("?after=" + before))).containsExactly(journal + " /real 1");
    }

    @Test
    void itTakesTheScopeThatReads() {
        assertThat(ledger.get("/v1/changes", RunningLedger.token("c-1")).status())
                .isEqualTo(403);
        assertThat(ledger.get("/v1/changes", RunningLedger.reader("index")).status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "x", "1.", "1.!", "1.YQ", "9999999999999999999", "0x1", "1.ZGVtbwpjLTEKL2E="})
    void aPositionThatNobodyGaveIsRefusedByName(String after) {
        Answer answer = ledger.get("/v1/changes?after=" + after, RunningLedger.admin());
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("code").asString()).isEqualTo("cursor-invalid");
    }
}
