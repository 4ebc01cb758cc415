import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Mints Millrace tokens with the JDK alone. Java 17 or later. The module {@code client} does it too, and sends events.
 *
 * <pre>
 * MILLRACE_KID=demo.1 MILLRACE_SECRET=… java Mint.java event CREATOR ARTICLE VISITOR
 * MILLRACE_KID=demo.1 MILLRACE_SECRET=… java Mint.java page CREATOR ARTICLE
 * </pre>
 */
public final class Mint {
    private static final long HALF_HOUR = 1800;
    private static final long HOUR = 3600;
    private static final long DAY = 86400;

    private Mint() {}

    /**
     * A token for one page view, valid for an hour. Two tokens of one visitor, article and half hour have the same jti.
     *
     * @param visitor your own id of the reader, such as a session's; it leaves this method hashed
     * @param more further claims, as JSON values: {@code Map.of("evt", "[\"comment\"]", "qty", "42", "jti", "\"comment-7\"")}
     */
    public static String eventToken(
            String secret, String kid, String creator, String article, String visitor, Map<String, String> more) {
        long now = Instant.now().getEpochSecond();
        Map<String, String> claims = new LinkedHashMap<>();
        claims.put("sub", quoted(creator));
        claims.put("art", quoted(article));
        claims.put("jti", quoted(hmac(secret, visitor + "\n" + article + "\n" + now / HALF_HOUR)));
        claims.put("vis", quoted(hmac(secret, "visitor\n" + visitor)));
        claims.put("iat", Long.toString(now));
        claims.put("exp", Long.toString(now + HOUR));
        claims.putAll(more);
        return sign(secret, kid, claims);
    }

    /** A token for a page that is cached or static. It names no reader. At most 400 days. */
    public static String pageToken(
            String secret, String kid, String creator, String article, int days, Map<String, String> more) {
        long now = Instant.now().getEpochSecond();
        Map<String, String> claims = new LinkedHashMap<>();
        claims.put("sub", quoted(creator));
        claims.put("art", quoted(article));
        claims.put("pag", "true");
        claims.put("iat", Long.toString(now));
        claims.put("exp", Long.toString(now + days * DAY));
        claims.putAll(more);
        return sign(secret, kid, claims);
    }

    private static String sign(String secret, String kid, Map<String, String> claims) {
        String header = "{\"alg\":\"HS256\",\"kid\":" + quoted(kid) + "}";
        String payload = claims.entrySet().stream()
                .map(claim -> quoted(claim.getKey()) + ":" + claim.getValue())
                .collect(Collectors.joining(",", "{", "}"));
        String signed = base64url(header.getBytes(StandardCharsets.UTF_8)) + "."
                + base64url(payload.getBytes(StandardCharsets.UTF_8));
        return signed + "." + hmac(secret, signed);
    }

    /** The secret's own characters are the key: don't decode them from base64. */
    private static String hmac(String secret, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return base64url(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String base64url(byte[] octets) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
    }

    /** A JSON text (RFC 8259, section 7). */
    private static String quoted(String text) {
        return text.chars()
                .mapToObj(c -> c < ' ' || c == '"' || c == '\\' ? "\\u%04x".formatted(c) : Character.toString((char) c))
                .collect(Collectors.joining("", "\"", "\""));
    }

    public static void main(String[] args) {
        String secret = System.getenv().getOrDefault("MILLRACE_SECRET", "");
        String kid = System.getenv().getOrDefault("MILLRACE_KID", "");
        String kind = args.length + " " + (args.length == 0 ? "" : args[0]);
        if (secret.isEmpty() || kid.isEmpty() || !(kind.equals("4 event") || kind.equals("3 page"))) {
            System.err.println("usage: MILLRACE_KID=… MILLRACE_SECRET=… java Mint.java event CREATOR ARTICLE VISITOR | page CREATOR ARTICLE");
            System.exit(2);
        }
        System.out.println(
                args.length == 4
                        ? eventToken(secret, kid, args[1], args[2], args[3], Map.of())
                        : pageToken(secret, kid, args[1], args[2], 30, Map.of()));
    }
}
