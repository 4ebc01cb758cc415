package dev.millrace.local.demo;

import dev.millrace.client.Event;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Outcome;
import dev.millrace.client.TokenMint;
import dev.millrace.local.publisher.Publishers.SigningKey;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The part of a publisher's server that signs: tokens for pages, and the events of comments. Thread-safe. */
final class Tokens {
    private static final Duration PAGE_LIFETIME = Duration.ofDays(30);
    private static final List<String> PAGE_TYPES = List.of("view", "read", "scroll", "reaction");

    /** How long a reader waits for the verdict on a comment. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final TokenMint mint;
    private final TokenMint dailyMint;
    private final MillraceClient client;

    Tokens(SigningKey key, Clock clock, MillraceClient client) {
        String kid = key.kid().toString();
        this.mint = new TokenMint(kid, key.secret(), clock);
        this.dailyMint = new TokenMint(kid, key.secret(), Clock.tick(clock, Duration.ofDays(1)));
        this.client = client;
    }

    /**
     * The token of one page view.
     *
     * @param reader who reads
     * @param referrer where the reader came from; null or empty: nothing is known. From a search engine it may pay a search visit
     */
    String ofView(DemoArticle article, String reader, @Nullable String referrer) {
        Map<String, Object> more = new HashMap<>();
        if (referrer != null && !referrer.isEmpty()) {
            more.put("ref", referrer);
            more.put("evt", List.of("view", "read", "scroll", "reaction", "search_visit"));
        }
        return mint.event(article.creator(), article.path(), reader, more);
    }

    /** The token of a page that caches keep. It names no reader, and is the same all day. */
    String ofPage(DemoArticle article) {
        return dailyMint.page(article.creator(), article.path(), PAGE_LIFETIME, Map.of("evt", PAGE_TYPES));
    }

    /**
     * Sends a comment's event, and says what became of it.
     *
     * @param userAgent of the reader's browser: this server's own request is not judged, so it signs what it saw
     */
    String sendComment(DemoArticle article, String reader, @Nullable String userAgent, int words) {
        Map<String, Object> more =
                new HashMap<>(Map.of("evt", List.of("comment"), "qty", words, "jti", "comment-" + UUID.randomUUID()));
        if (userAgent != null) {
            more.put("ua", userAgent);
        }
        String token = mint.event(article.creator(), article.path(), reader, more);
        return client.offer(Event.comment(token))
                .orElseGet(() -> CompletableFuture.failedFuture(new IllegalStateException()))
                .thenApply(Tokens::text)
                .completeOnTimeout("not answered yet", PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(_ -> "not sent")
                .join();
    }

    private static String text(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Accepted _ -> "accepted";
            case Outcome.Duplicate _ -> "duplicate";
            case Outcome.Filtered filtered -> "filtered " + filtered.reason();
            case Outcome.Rejected rejected -> "rejected " + rejected.code();
        };
    }
}
