package dev.millrace.ingest.verify;

import com.google.common.net.InetAddresses;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.json.JsonMapper;

/** Signs the event token that a page token is exchanged for, as its publisher's server would. */
final class ExchangedToken {
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final JsonMapper JSON = JsonMapper.shared();

    private ExchangedToken() {}

    /**
     * @param creator the page token's {@code sub} as it stands there: a sandbox's has no prefix yet
     * @param claims of the page token where its reader reads it
     */
    static String sign(Kid kid, HmacSha256 key, String creator, Claims claims) {
        Map<String, Object> payload = new LinkedHashMap<>();
        payload.put("sub", creator);
        payload.put("art", claims.article());
        payload.put("jti", claims.jti());
        payload.put("vis", Objects.requireNonNull(claims.visitor()));
        payload.put("iat", claims.issuedAt());
        payload.put("exp", claims.expiresAt());
        payload.put("evt", Objects.requireNonNull(claims.granted()));
        payload.put("via", Claims.PAGE);
        if (claims.userAgent() != null) {
            payload.put("ua", claims.userAgent());
        }
        if (claims.address() != null) {
            payload.put("ip", InetAddresses.toAddrString(claims.address()));
        }
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("alg", "HS256");
        header.put("kid", kid.toString());
        String signed = part(header) + "." + part(payload);
        return signed + "." + BASE64.encodeToString(key.of(signed.getBytes(StandardCharsets.US_ASCII)));
    }

    private static String part(Map<String, Object> json) {
        return BASE64.encodeToString(JSON.writeValueAsBytes(json));
    }
}
