package dev.millrace.ingest.verify;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.MACVerifier;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What may count, told a second time with another library: an event that we let through must be one of these. */
public final class Genuine {
    private Genuine() {}

    /**
     * @throws AssertionError when this event must not count
     */
    public static Map<String, Object> require(Event event, Catalog catalog, long now) {
        try {
            JWSObject jws =
                    JWSObject.parse(event.token() == null ? "" : event.token().ascii());
            Kid kid = Kid.parse(jws.getHeader().getKeyID()).orElseThrow();
            byte[] key = Tokens.secret(kid.toString()).getBytes(StandardCharsets.US_ASCII);
            that(jws.getHeader().getAlgorithm().equals(JWSAlgorithm.HS256), "algorithm", event);
            that(catalog.state(kid) == Catalog.KeyState.LIVE, "kid", event);
            that(jws.verify(new MACVerifier(key)), "signature", event);
            Map<String, Object> claims = jws.getPayload().toJSONObject();
            requireClaims(claims, event, now);
            requireKey(EventType.named(String.valueOf(event.type())).orElseThrow(), event.key(), event);
            return claims;
        } catch (ParseException | JOSEException | RuntimeException e) {
            throw new AssertionError("this event must not count: " + event, e);
        }
    }

    private static void requireClaims(Map<String, Object> claims, Event event, long now) {
        that(claims.get("sub") instanceof String sub && sub.matches("[A-Za-z0-9._:-]{1,64}"), "sub", event);
        that(claims.get("art") instanceof String art && isText(art, 128), "art", event);
        that(claims.get("jti") instanceof String jti && isText(jti, 64), "jti", event);
        long issued = number(claims, "iat");
        long expires = number(claims, "exp");
        that(expires > now && expires > issued && expires - issued <= 7_200 && issued <= now + 62, "times", event);
        that(!claims.containsKey("qty") || number(claims, "qty") >= 1, "qty", event);
        boolean granted = claims.get("evt") instanceof List<?> types
                ? types.contains(event.type())
                : List.of("view", "read", "scroll", "reaction").contains(String.valueOf(event.type()));
        that(granted, "evt", event);
    }

    private static void requireKey(EventType type, @Nullable String key, Event event) {
        that(
                switch (type) {
                    case VIEW, COMMENT, SEARCH_VISIT -> key == null;
                    case SCROLL -> List.of("25", "50", "75", "100").contains(String.valueOf(key));
                    case REACTION -> List.of("like", "love", "clap").contains(String.valueOf(key));
                    case READ -> key != null && Integer.parseInt(key) % 15 == 0 && Integer.parseInt(key) <= 1_800;
                },
                "key",
                event);
    }

    private static long number(Map<String, Object> claims, String name) {
        return claims.get(name) instanceof Number number ? number.longValue() : -1;
    }

    private static boolean isText(String text, int most) {
        int length = text.codePointCount(0, text.length());
        return length >= 1
                && length <= most
                && text.codePoints().noneMatch(c -> Character.getType(c) == Character.CONTROL);
    }

    private static void that(boolean holds, String what, Event event) {
        if (!holds) {
            throw new AssertionError("an event counts in spite of its %s: %s".formatted(what, event));
        }
    }
}
