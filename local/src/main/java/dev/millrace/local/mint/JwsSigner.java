package dev.millrace.local.mint;

import dev.millrace.common.key.HmacSha256;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The compact form of a JWS signed with HS256 (RFC 7515, 7.1). Thread-safe.
 *
 * @param key the HMAC key
 */
record JwsSigner(HmacSha256 key) {

    /** The key is the secret's own characters as bytes, not what they decode to. */
    static JwsSigner signedWith(String secret) {
        return new JwsSigner(new HmacSha256(secret.getBytes(StandardCharsets.UTF_8)));
    }

    /** Signs header and payload as they are; nothing is checked. */
    String sign(String headerJson, String payloadJson) {
        String signed = base64(headerJson.getBytes(StandardCharsets.UTF_8)) + "."
                + base64(payloadJson.getBytes(StandardCharsets.UTF_8));
        return signed + "." + base64(key.of(signed.getBytes(StandardCharsets.US_ASCII)));
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
