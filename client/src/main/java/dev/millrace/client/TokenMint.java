package dev.millrace.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs a publisher's tokens by HS256, in JWS' compact form (RFC 7515, 7.1). Thread-safe; a token takes a few microseconds.
 *
 * <p>{@code jti} and {@code vis} are HMACs under the same secret, so that neither tells the visitor. They change with the
 * secret: after a change of keys, a reader's second view within the half hour, or the second like of an article, is paid.
 */
public final class TokenMint {
    /** A page token's longest lifetime. */
    public static final Duration LONGEST_PAGE = Duration.ofDays(400);

    /** An event token's longest lifetime, where the installation has no other. */
    public static final Duration LONGEST_EVENT = Duration.ofHours(2);

    private static final Pattern KID = Pattern.compile("[a-z0-9-]{1,32}\\.[1-9][0-9]{0,9}");
    private static final Pattern CREATOR = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._:-]{1,64}");
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cs}]");
    private static final int MOST_ARTICLE = 128;
    private static final long HALF_HOUR = 1_800;
    private static final Duration LIFETIME = Duration.ofHours(1);
    private static final String ALGORITHM = "HmacSHA256";

    private final String header;
    private final SecretKeySpec key;
    private final Clock clock;

    /**
     * @param kid {@code <publisher>.<n>}
     * @param secret as ledger-service printed it; its own characters are the key, not what they decode to
     * @param clock within a minute of the true time
     * @throws IllegalArgumentException where kid or secret can't be one, such as a secret that ends with a line feed
     */
    public TokenMint(String kid, String secret, Clock clock) {
        if (!KID.matcher(kid).matches()) {
            throw new IllegalArgumentException("kid is '%s'; it takes one such as demo.1".formatted(kid));
        }
        if (secret.isEmpty() || !secret.strip().equals(secret)) {
            throw new IllegalArgumentException("the secret is empty, or has blanks or a line feed around it");
        }
        this.header = base64url("{\"alg\":\"HS256\",\"kid\":\"" + kid + "\"}") + ".";
        this.key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
        this.clock = clock;
    }

    /** Signs by the system's clock. */
    public TokenMint(String kid, String secret) {
        this(kid, secret, Clock.systemUTC());
    }

    /** A token for one page view; see {@link #event(String, String, String, Map)}. */
    public String event(String creator, String article, String visitor) {
        return event(creator, article, visitor, Map.of());
    }

    /**
     * A token for one page view, valid for an hour. Two tokens of one visitor, article and half hour have the same {@code jti},
     * so that a reload is not paid.
     *
     * @param creator {@code [A-Za-z0-9._:-]{1,64}}
     * @param article 1 to 128 characters, none of them a control character or half a surrogate pair
     * @param visitor the publisher's own id of the reader, such as a session's
     * @param more further claims, which replace those of the same name: {@code ref}, or for a comment {@code evt},
     *     {@code qty} and {@code jti}. Values are texts, whole numbers, booleans and collections of them
     * @throws IllegalArgumentException where creator or article can't be one
     */
    public String event(String creator, String article, String visitor, Map<String, ?> more) {
        Instant now = clock.instant();
        long window = Math.floorDiv(now.getEpochSecond(), HALF_HOUR);
        Map<String, Object> claims = named(creator, article);
        claims.put("jti", hmac(visitor + "\n" + article + "\n" + window));
        claims.put("vis", hmac("visitor\n" + visitor));
        return sign(valid(claims, now, LIFETIME), more);
    }

    /**
     * A token for a page that is cached or static. It names no reader: the edge exchanges it for each reader's own. The
     * publisher must be allowed page tokens.
     *
     * @param lifetime 1 s to 400 days; sign anew well before it ends
     */
    public String page(String creator, String article, Duration lifetime) {
        return page(creator, article, lifetime, Map.of());
    }

    /**
     * The same with further claims: {@code evt} names the types that the exchanged token has besides view, read and scroll.
     * Values are as in {@link #event}.
     */
    public String page(String creator, String article, Duration lifetime, Map<String, ?> more) {
        if (lifetime.compareTo(Duration.ofSeconds(1)) < 0 || lifetime.compareTo(LONGEST_PAGE) > 0) {
            throw new IllegalArgumentException(
                    "the lifetime is %s; it takes PT1S to %s".formatted(lifetime, LONGEST_PAGE));
        }
        Map<String, Object> claims = named(creator, article);
        claims.put("pag", true);
        return sign(valid(claims, clock.instant(), lifetime), more);
    }

    /** Signs claims as they are, for whatever the other methods don't express. Values are as in {@link #event}. */
    public String sign(Map<String, ?> claims) {
        String signed = header + base64url(json(claims));
        return signed + "." + hmac(signed);
    }

    private String sign(Map<String, Object> claims, Map<String, ?> more) {
        claims.putAll(more);
        return sign(claims);
    }

    private static Map<String, Object> named(String creator, String article) {
        if (!CREATOR.matcher(creator).matches()) {
            throw new IllegalArgumentException("creator is '%s'; it takes %s".formatted(creator, CREATOR));
        }
        long characters = article.codePoints().count();
        if (characters < 1
                || characters > MOST_ARTICLE
                || CONTROL.matcher(article).find()) {
            throw new IllegalArgumentException(
                    "article has %d characters; it takes 1 to %d, no control characters among them"
                            .formatted(characters, MOST_ARTICLE));
        }
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("sub", creator);
        claims.put("art", article);
        return claims;
    }

    private static Map<String, Object> valid(Map<String, Object> claims, Instant from, Duration lifetime) {
        claims.put("iat", from.getEpochSecond());
        claims.put("exp", from.getEpochSecond() + lifetime.toSeconds());
        return claims;
    }

    private String hmac(String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("each JDK has " + ALGORITHM, e);
        }
    }

    private static String base64url(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String json(Object value) {
        return switch (value) {
            case String text -> Json.quoted(text);
            case Long number -> Long.toString(number);
            case Integer number -> Integer.toString(number);
            case Boolean truth -> Boolean.toString(truth);
            case Collection<?> several ->
                several.stream().map(TokenMint::json).collect(Collectors.joining(",", "[", "]"));
            case Map<?, ?> members ->
                members.entrySet().stream()
                        .map(member -> Json.quoted((String) member.getKey()) + ":" + json(member.getValue()))
                        .collect(Collectors.joining(",", "{", "}"));
            default ->
                throw new IllegalArgumentException(
                        "a claim is a " + value.getClass().getName());
        };
    }
}
