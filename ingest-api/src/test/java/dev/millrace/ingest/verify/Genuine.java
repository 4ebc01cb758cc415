package dev.millrace.ingest.verify;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACVerifier;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.text.ParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** What may count, told a second time with another library: an event that we let through must be one of these. */
public final class Genuine {
    private static final List<String> SEARCH_HOSTS = searchHosts();

    private Genuine() {}

    /**
     * @throws AssertionError when this event must not count
     */
    public static Map<String, Object> require(Event event, Catalog catalog, long now) {
        try {
            JWSObject jws = JWSObject.parse(event.token() == null ? "" : event.token());
            Kid kid = Kid.parse(jws.getHeader().getKeyID()).orElseThrow();
            byte[] key = Tokens.secret(kid.toString()).getBytes(StandardCharsets.US_ASCII);
            that(jws.getHeader().getAlgorithm().equals(JWSAlgorithm.HS256), "algorithm", event);
            that(catalog.state(kid) == Catalog.KeyState.LIVE, "kid", event);
            that(jws.verify(new MACVerifier(key)), "signature", event);
            Map<String, Object> claims = claims(jws.getPayload());
            requireClaims(claims, event);
            requireTimes(claims, event, now);
            requireKey(EventType.named(String.valueOf(event.type())).orElseThrow(), event.key(), event);
            that(!"search_visit".equals(event.type()) || isFromSearch(claims.get("ref")), "ref", event);
            return claims;
        } catch (ParseException | JOSEException | RuntimeException e) {
            throw new AssertionError("this event must not count: " + event, e);
        }
    }

    /** Nimbus reads no object in which any number is very long, whatever its name. */
    private static Map<String, Object> claims(Payload payload) {
        Map<String, Object> claims = payload.toJSONObject();
        return claims != null
                ? claims
                : JsonMapper.shared().readValue(payload.toBytes(), new TypeReference<Map<String, Object>>() {});
    }

    private static void requireClaims(Map<String, Object> claims, Event event) {
        that(
                claims.get("sub") instanceof String sub && sub.matches("(?!test:|[.]{1,2}$)[A-Za-z0-9._:-]{1,64}"),
                "sub",
                event);
        that(claims.get("art") instanceof String art && isText(art, 128), "art", event);
        that(claims.get("jti") instanceof String jti && isText(jti, 64), "jti", event);
        that(isLeftOut(claims, "qty") || number(claims, "qty") >= 1, "qty", event);
        that(isLeftOut(claims, "aud") || holds(claims.get("aud"), "millrace"), "aud", event);
        String type = String.valueOf(event.type());
        boolean granted = isLeftOut(claims, "evt")
                ? List.of("view", "read", "scroll", "reaction").contains(type)
                : holds(claims.get("evt"), type);
        that(granted, "evt", event);
    }

    private static void requireTimes(Map<String, Object> claims, Event event, long now) {
        long issued = number(claims, "iat");
        long expires = number(claims, "exp");
        that(expires > now && expires > issued && expires - issued <= 7_200 && issued <= now + 62, "times", event);
        that(isLeftOut(claims, "nbf") || number(claims, "nbf") <= now + 62, "nbf", event);
    }

    private static boolean isLeftOut(Map<String, Object> claims, String name) {
        return claims.get(name) == null || claims.get(name).equals("");
    }

    private static boolean holds(@Nullable Object names, String name) {
        return name.equals(names) || (names instanceof List<?> list && list.contains(name));
    }

    /** A host or app in the built-in list, whatever stands before and behind it: less than is asked for, found by other means. */
    private static boolean isFromSearch(@Nullable Object referrer) {
        String address = Normalizer.normalize(String.valueOf(referrer), Normalizer.Form.NFKC)
                .strip()
                .toLowerCase(Locale.ROOT)
                .replace('\u3002', '.');
        String authority = address.replaceFirst("^(https?|android-app)://", "").replaceFirst("(?s)[/?#].*", "");
        String labels = "." + authority.replaceFirst("(?s).*@", "").replaceFirst("(?s):.*", "") + ".";
        return address.matches("(?s)(https?|android-app)://.*")
                && SEARCH_HOSTS.stream().anyMatch(host -> labels.contains("." + host + "."));
    }

    private static List<String> searchHosts() {
        try (InputStream in =
                Objects.requireNonNull(Genuine.class.getResourceAsStream("/dev/millrace/ingest/referrer/search.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .map(line ->
                            line.replaceFirst("^(android-app://|[*][.])", "").replaceFirst("([.][*])?(/.*)?$", ""))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void requireKey(EventType type, @Nullable String key, Event event) {
        that(
                switch (type) {
                    case VIEW, COMMENT, SEARCH_VISIT -> key == null;
                    case SCROLL -> List.of("25", "50", "75", "100").contains(String.valueOf(key));
                    case REACTION -> List.of("like", "love", "clap").contains(String.valueOf(key));
                    case READ -> key != null && Integer.parseInt(key) % 15 == 0 && Integer.parseInt(key) <= 300;
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
