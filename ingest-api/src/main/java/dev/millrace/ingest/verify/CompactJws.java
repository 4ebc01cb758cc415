package dev.millrace.ingest.verify;

import dev.millrace.common.key.HmacSha256;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;

/**
 * The three parts of a JWS in compact serialisation (RFC 7515, 7.1), each checked to be base64url without padding.
 *
 * <p>Stricter than the decoders of most libraries on purpose: exactly one text is accepted for a signature, so a token
 * can't be varied without its key.
 */
record CompactJws(String header, String payload, String signature) {
    private static final int MOST_CHARACTERS = 8_192;

    static CompactJws split(String token) throws MalformedToken {
        if (token.length() > MOST_CHARACTERS) {
            throw new MalformedToken(
                    "the token has %d characters, at most %d are accepted".formatted(token.length(), MOST_CHARACTERS));
        }
        int first = token.indexOf('.');
        int second = token.indexOf('.', first + 1);
        if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) {
            throw new MalformedToken("the token is not three parts separated by dots");
        }
        return new CompactJws(
                checked("header", token.substring(0, first)),
                checked("payload", token.substring(first + 1, second)),
                checked("signature", token.substring(second + 1)));
    }

    /** The decoded header, as text. */
    String headerJson() throws MalformedToken {
        return decoded("header", header);
    }

    /** The decoded payload, as text. */
    String payloadJson() throws MalformedToken {
        return decoded("payload", payload);
    }

    /** Whether the signature is the one under this key. Takes the same time wherever they differ. */
    boolean isSignedWith(HmacSha256 key) {
        byte[] signed = (header + "." + payload).getBytes(StandardCharsets.US_ASCII);
        byte[] expected = Base64.getUrlEncoder().withoutPadding().encode(key.of(signed));
        return MessageDigest.isEqual(expected, signature.getBytes(StandardCharsets.US_ASCII));
    }

    private static String checked(String part, String text) throws MalformedToken {
        for (int i = 0; i < text.length(); i++) {
            if (!isBase64Url(text.charAt(i))) {
                throw new MalformedToken(
                        "the token's %s is not base64url without padding: character %d".formatted(part, i + 1));
            }
        }
        if (text.isEmpty() && !part.equals("signature")) {
            throw new MalformedToken("the token's %s is empty".formatted(part));
        }
        return text;
    }

    private static boolean isBase64Url(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    }

    private static String decoded(String part, String text) throws MalformedToken {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw new MalformedToken("the token's %s is not base64url of UTF-8 text".formatted(part));
        }
    }
}
