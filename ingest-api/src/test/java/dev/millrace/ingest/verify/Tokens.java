package dev.millrace.ingest.verify;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.Kid;
import dev.millrace.ingest.filter.Datacenters;
import dev.millrace.ingest.filter.Filters;
import dev.millrace.ingest.page.PageVisitors;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Signs whatever a test wants signed, well formed or not. */
public final class Tokens {
    public static final MasterKey MASTER_KEY = MasterKey.of(MasterKey.LOCAL);

    /** They read no list of networks. */
    public static final Filters FILTERS = new Filters(Datacenters.none());

    /** Under a key for each day that every test has. */
    public static final PageVisitors VISITORS =
            new PageVisitors(day -> new HmacSha256(("key of day " + day).getBytes(StandardCharsets.US_ASCII)));

    public static final IdentityKey IDENTITIES = IdentityKey.of(IdentityKey.LOCAL);

    /** Publisher demo: keys 1 and 3 live, 2 revoked. Publisher other: key 1. The price of a view doubles at second 2,000,000. */
    public static final Catalog CATALOG = new Catalog(
            1,
            Map.of(
                    "demo",
                    new Catalog.Publisher(List.of(1, 3), List.of(2)),
                    "other",
                    new Catalog.Publisher(List.of(1), List.of())),
            List.of(
                    new RateCard(
                            1,
                            0,
                            Map.of(
                                    "view",
                                    new Rate(1_000, 1),
                                    "read",
                                    new Rate(200, 1),
                                    "scroll",
                                    new Rate(100, 1),
                                    "reaction",
                                    new Rate(500, 1),
                                    "comment",
                                    new Rate(50, 100),
                                    "search_visit",
                                    new Rate(1_500, 1))),
                    new RateCard(2, 2_000_000, Map.of("view", new Rate(2_000, 1)))));

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private Tokens() {}

    /** Judges by the defaults: two hours, {@code like love clap}, audience {@code millrace}, one second behind. */
    public static EventVerifier verifier() {
        return verifier(MasterKeys.of(MASTER_KEY), Duration.ofSeconds(1));
    }

    /** The same with other keys and another delay. */
    static EventVerifier verifier(MasterKeys keys, Duration behind) {
        return new EventVerifier(
                keys,
                IDENTITIES,
                Duration.ofHours(2),
                Set.of("like", "love", "clap"),
                FILTERS,
                "millrace",
                VISITORS,
                behind);
    }

    public static String secret(String kid) {
        return MASTER_KEY.publisherSecret(Kid.parse(kid).orElseThrow());
    }

    /** A token under demo.1 with this payload. */
    public static String signed(String payload) {
        return signed("{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"demo.1\"}", payload, "demo.1");
    }

    /** A view of an article of this creator, as it is sent. */
    public static String view(String creator, String jti, long issuedAt, long expiresAt) {
        return "{\"token\":\"%s\",\"type\":\"view\"}"
                .formatted(signed("{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d}"
                        .formatted(creator, jti, issuedAt, expiresAt)));
    }

    public static String signed(String header, String payload, String kid) {
        return signedWith(header, payload, secret(kid));
    }

    public static String signedWith(String header, String payload, String secret) {
        String body = encoded(header) + "." + encoded(payload);
        byte[] key = secret.getBytes(StandardCharsets.US_ASCII);
        return body + "." + BASE64.encodeToString(new HmacSha256(key).of(body.getBytes(StandardCharsets.US_ASCII)));
    }

    public static String encoded(String text) {
        return BASE64.encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
