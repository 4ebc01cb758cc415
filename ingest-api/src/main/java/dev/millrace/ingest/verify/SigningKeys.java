package dev.millrace.ingest.verify;

import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.PublisherKeys;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The keys that tokens are signed with. Thread-safe. */
final class SigningKeys {
    private final PublisherKeys publisherKeys;

    /** By kid; only live kids get here, so the catalogue bounds it. */
    private final Map<Kid, HmacSha256> live = new ConcurrentHashMap<>();

    SigningKeys(PublisherKeys publisherKeys) {
        this.publisherKeys = publisherKeys;
    }

    /** The key of this kid, kept where the catalogue has it as live. */
    HmacSha256 key(Kid kid, boolean isLive) {
        return isLive ? live.computeIfAbsent(kid, this::derived) : derived(kid);
    }

    private HmacSha256 derived(Kid kid) {
        return new HmacSha256(publisherKeys.secret(kid).getBytes(StandardCharsets.US_ASCII));
    }
}
