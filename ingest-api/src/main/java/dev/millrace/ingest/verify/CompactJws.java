package dev.millrace.ingest.verify;

import dev.millrace.common.key.HmacSha256;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;

/**
 * The three parts of a JWS in compact serialisation (RFC 7515, 7.1), as they stand in the request.
 *
 * <p>Stricter than the decoders of most libraries on purpose: exactly one text is accepted for a signature, so a token
 * can't be varied without its key.
 *
 * @param signed header, dot and payload: what the signature is of
 */
record CompactJws(Slice signed, Slice header, Slice payload, Slice signature) {
    private static final int MOST_CHARACTERS = 8_192;

    /** RFC 4648, table 2, by ASCII character. */
    private static final boolean[] ALPHABET = alphabet();

    static CompactJws split(Slice token) throws MalformedToken {
        if (token.length() > MOST_CHARACTERS) {
            throw new MalformedToken(
                    "the token has %d characters, at most %d are accepted".formatted(token.length(), MOST_CHARACTERS));
        }
        int first = token.indexOf('.', 0);
        int second = token.indexOf('.', first + 1);
        if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) {
            throw new MalformedToken("the token is not three parts separated by dots");
        }
        return new CompactJws(
                token.part(0, second),
                checked("header", token.part(0, first)),
                checked("payload", token.part(first + 1, second)),
                checked("signature", token.part(second + 1, token.length())));
    }

    /** The decoded header, as text. */
    String headerJson() throws MalformedToken {
        return text("header", decoded("header", header));
    }

    /** The decoded payload: UTF-8, which is not checked yet. */
    Slice payloadBytes() throws MalformedToken {
        return decoded("payload", payload);
    }

    /** The decoded payload, as text. */
    String payloadJson() throws MalformedToken {
        return text("payload", payloadBytes());
    }

    /** Whether the signature is the one under this key. Takes the same time wherever they differ. */
    boolean isSignedWith(HmacSha256.Calculation key) {
        ByteBuffer expected = Base64.getUrlEncoder().withoutPadding().encode(ByteBuffer.wrap(signed.hash(key)));
        ByteBuffer given = signature.buffer();
        byte[] characters = new byte[given.remaining()];
        given.get(characters);
        return MessageDigest.isEqual(expected.array(), characters);
    }

    private static Slice checked(String part, Slice text) throws MalformedToken {
        for (int i = 0; i < text.length(); i++) {
            if (!isBase64Url(text.at(i))) {
                throw new MalformedToken(
                        "the token's %s is not base64url without padding: character %d".formatted(part, i + 1));
            }
        }
        if (text.isEmpty() && !part.equals("signature")) {
            throw new MalformedToken("the token's %s is empty".formatted(part));
        }
        return text;
    }

    private static boolean isBase64Url(byte c) {
        return c >= 0 && ALPHABET[c];
    }

    private static boolean[] alphabet() {
        boolean[] found = new boolean[128];
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                .chars()
                .forEach(c -> found[c] = true);
        return found;
    }

    private static Slice decoded(String part, Slice text) throws MalformedToken {
        try {
            return Slice.of(Base64.getUrlDecoder().decode(text.buffer()));
        } catch (IllegalArgumentException e) {
            throw notText(part);
        }
    }

    private static String text(String part, Slice bytes) throws MalformedToken {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(bytes.buffer())
                    .toString();
        } catch (CharacterCodingException e) {
            throw notText(part);
        }
    }

    private static MalformedToken notText(String part) {
        return new MalformedToken("the token's %s is not base64url of UTF-8 text".formatted(part));
    }
}
