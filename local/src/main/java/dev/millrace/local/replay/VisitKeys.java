package dev.millrace.local.replay;

import dev.millrace.common.key.HmacSha256;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Makes the {@code jti} of a page view: the same for one visitor, article and half hour, however often it is derived, and
 * nobody but the publisher can tell the visitor from it. Thread-safe.
 */
final class VisitKeys {
    private static final int WINDOW_SECONDS = 1800;

    /** 192 bits; a {@code jti} may have up to 64 characters. */
    private static final int CHARACTERS = 32;

    private final HmacSha256 key;

    /** @param secret the publisher's secret as printed */
    VisitKeys(String secret) {
        key = new HmacSha256(secret.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The first 32 base64url characters of HMAC-SHA256 over address, user agent, article and floor(time / 1800 s), parted
     * by line feeds, which none of them can hold.
     */
    String jti(LogEntry entry) {
        long window = Math.floorDiv(entry.time().getEpochSecond(), WINDOW_SECONDS);
        String visit = entry.address() + "\n" + entry.agent() + "\n" + entry.path() + "\n" + window;
        byte[] hash = key.of(visit.getBytes(StandardCharsets.UTF_8));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(hash).substring(0, CHARACTERS);
    }
}
