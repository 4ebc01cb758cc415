package dev.millrace.ingest.verify;

import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.message.Printable;
import dev.millrace.common.token.Kid;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The three parts of a JWS in compact serialisation (RFC 7515, 7.1), encoded as they were sent.
 *
 * <p>Stricter than the decoders of most libraries on purpose: exactly one text is accepted for a signature, so a token
 * can't be varied without its key.
 */
final class CompactJws {
    private static final int MOST_CHARACTERS = 8_192;
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    /** RFC 4648, table 2, by ASCII character. */
    private static final boolean[] ALPHABET = alphabet();

    private final byte[] token;
    private final int headerEnd;
    private final int payloadEnd;

    private CompactJws(byte[] token, int headerEnd, int payloadEnd) {
        this.token = token;
        this.headerEnd = headerEnd;
        this.payloadEnd = payloadEnd;
    }

    static CompactJws split(String text) throws RejectedException {
        if (text.length() > MOST_CHARACTERS) {
            throw RejectedException.malformed(
                    "the token has %d characters, at most %d are accepted", text.length(), MOST_CHARACTERS);
        }
        int first = text.indexOf('.');
        int second = text.indexOf('.', first + 1);
        if (first < 0 || second < 0 || text.indexOf('.', second + 1) >= 0) {
            throw RejectedException.malformed("the token is not three parts separated by dots");
        }
        // A character above U+00FF becomes '?', which is not base64url either.
        byte[] token = text.getBytes(StandardCharsets.ISO_8859_1);
        check("header", token, 0, first);
        check("payload", token, first + 1, second);
        check("signature", token, second + 1, token.length);
        if (first == 0 || second == first + 1) {
            throw RejectedException.malformed("the token's %s is empty", first == 0 ? "header" : "payload");
        }
        return new CompactJws(token, first, second);
    }

    /** The encoded header. */
    byte[] header() {
        return Arrays.copyOf(token, headerEnd);
    }

    /** Whether the encoded header is this one. */
    boolean hasHeader(byte @Nullable [] header) {
        return header != null && Arrays.equals(token, 0, headerEnd, header, 0, header.length);
    }

    /** The decoded payload: UTF-8, which is not checked yet. */
    byte[] payload() throws RejectedException {
        return decoded("payload", headerEnd + 1, payloadEnd);
    }

    /** Whether the signature is the one under this key. Takes the same time wherever they differ. */
    boolean isSignedWith(HmacSha256.Calculation key) {
        byte[] expected = ENCODER.encode(key.of(token, 0, payloadEnd));
        return MessageDigest.isEqual(expected, Arrays.copyOfRange(token, payloadEnd + 1, token.length));
    }

    /** The key that the header names. The header asks for HS256, and nothing in it is critical. */
    Kid kid() throws RejectedException {
        byte[] header = decoded("header", 0, headerEnd);
        try (JsonParser json = JsonBytes.parser(header, 0, header.length)) {
            return readHeader(json);
        } catch (CharacterCodingException e) {
            throw notText("header");
        } catch (JacksonException e) {
            throw notAnObject("header", e);
        }
    }

    private static Kid readHeader(JsonParser json) throws RejectedException {
        requireObject("header", json);
        boolean isHs256 = false;
        Kid kid = null;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "alg" -> isHs256 = requireHs256(json);
                case "crit" -> throw RejectedException.malformed("crit is not supported (RFC 7515, 4.1.11)");
                case "kid" -> kid = readKid(json);
                default -> json.skipChildren();
            }
        }
        requireEnd("header", json);
        if (!isHs256) {
            throw RejectedException.malformed("alg is missing; only \"HS256\" is accepted");
        }
        if (kid == null) {
            throw RejectedException.malformed("kid is missing; it is <publisher>.<number>");
        }
        return kid;
    }

    private static boolean requireHs256(JsonParser json) throws RejectedException {
        if (json.currentToken() != JsonToken.VALUE_STRING || !json.getString().equals("HS256")) {
            throw RejectedException.malformed("alg is %s; only \"HS256\" is accepted", JsonBytes.shown(json));
        }
        return true;
    }

    private static Kid readKid(JsonParser json) throws RejectedException {
        Kid kid = json.currentToken() == JsonToken.VALUE_STRING
                ? Kid.parse(json.getString()).orElse(null)
                : null;
        if (kid == null) {
            throw RejectedException.malformed("kid is %s; it is <publisher>.<number>", JsonBytes.shown(json));
        }
        return kid;
    }

    static void requireObject(String part, JsonParser json) throws RejectedException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw RejectedException.malformed("the token's %s is not a JSON object", part);
        }
    }

    static void requireEnd(String part, JsonParser json) throws RejectedException {
        if (json.nextToken() != null) {
            throw RejectedException.malformed("the token's %s goes on after its JSON object", part);
        }
    }

    static RejectedException notAnObject(String part, JacksonException e) {
        return RejectedException.malformed(
                "the token's %s is not a JSON object: %s", part, Printable.abbreviate(e.getOriginalMessage()));
    }

    static RejectedException notText(String part) {
        return RejectedException.malformed("the token's %s is not base64url of UTF-8 text", part);
    }

    private byte[] decoded(String part, int from, int to) throws RejectedException {
        try {
            ByteBuffer decoded = DECODER.decode(ByteBuffer.wrap(token, from, to - from));
            byte[] bytes = new byte[decoded.remaining()];
            decoded.get(bytes);
            return bytes;
        } catch (IllegalArgumentException e) {
            throw notText(part);
        }
    }

    private static void check(String part, byte[] token, int from, int to) throws RejectedException {
        for (int i = from; i < to; i++) {
            if (token[i] < 0 || !ALPHABET[token[i]]) {
                throw RejectedException.malformed(
                        "the token's %s is not base64url without padding: character %d", part, i - from + 1);
            }
        }
    }

    private static boolean[] alphabet() {
        boolean[] found = new boolean[128];
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                .chars()
                .forEach(c -> found[c] = true);
        return found;
    }
}
