package dev.millrace.local.replay;

import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some page views as one request. A repeated request has the same bytes; only when its tokens are about to expire are
 * new ones minted, with the same {@code jti}. Used by one thread at a time.
 */
final class Batch {
    /** Well below the tokens' lifetime. */
    private static final Duration FRESH = EventClaims.DEFAULT_LIFETIME.minusMinutes(10);

    private final List<PageView> views;
    private final TokenMint mint;
    private final Clock clock;
    private Instant mintedAt = Instant.MIN;
    private byte @Nullable [] body;

    Batch(List<PageView> views, TokenMint mint, Clock clock) {
        this.views = List.copyOf(views);
        this.mint = mint;
        this.clock = clock;
    }

    int size() {
        return views.size();
    }

    byte[] body() {
        Instant now = clock.instant();
        byte[] current = body;
        if (current == null || mintedAt.plus(FRESH).isBefore(now)) {
            current = json(now).getBytes(StandardCharsets.US_ASCII);
            body = current;
            mintedAt = now;
        }
        return current;
    }

    /** Tokens are base64url with dots: nothing in them has to be escaped. */
    private String json(Instant now) {
        StringBuilder json = new StringBuilder("[");
        for (PageView view : views) {
            String token = mint.mint(EventClaims.of(view.creator(), view.article(), view.jti(), now));
            json.append(json.length() > 1 ? "," : "")
                    .append("{\"token\":\"")
                    .append(token)
                    .append("\",\"type\":\"view\"}");
        }
        return json.append(']').toString();
    }
}
