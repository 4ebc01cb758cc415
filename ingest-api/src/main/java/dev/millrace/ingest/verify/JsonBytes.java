package dev.millrace.ingest.verify;

import dev.millrace.common.message.Printable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Opens JSON (RFC 8259) that strangers sent, in place; a byte order mark is skipped. No name may occur twice in an object, so that two readers can't take
 * it for two things.
 */
public final class JsonBytes {
    /** JSON in UTF-16 and UTF-32 has a zero among its first bytes, and the parser would accept it. */
    private static final int TELLING_BYTES = 4;

    /** Characters of a value in a message. */
    private static final int MOST_SHOWN = 40;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private JsonBytes() {}

    /**
     * A parser of these bytes, positioned before the first JSON token.
     *
     * @throws CharacterCodingException when they are not UTF-8; the parser itself accepts overlong sequences and unpaired surrogates
     */
    public static JsonParser parser(byte[] bytes, int from, int length) throws CharacterCodingException {
        requireUtf8(bytes, from, length);
        return FACTORY.createParser(ObjectReadContext.empty(), bytes, from, length);
    }

    private static void requireUtf8(byte[] bytes, int from, int length) throws CharacterCodingException {
        for (int i = 0; i < Math.min(TELLING_BYTES, length); i++) {
            if (bytes[from + i] == 0) {
                throw new CharacterCodingException();
            }
        }
        if (!isAscii(bytes, from, length)) {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length));
        }
    }

    private static boolean isAscii(byte[] bytes, int from, int length) {
        int seen = 0;
        for (int i = from; i < from + length; i++) {
            seen |= bytes[i];
        }
        return seen >= 0;
    }

    /** The value that a parser is at, in a message; a number as it was sent. */
    static String shown(JsonParser json) {
        return switch (json.currentToken()) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> shown(json.getString());
            default -> Printable.abbreviate(json.getString(), MOST_SHOWN);
        };
    }

    /** A text in a message. */
    static String shown(@Nullable String text) {
        return text == null ? "missing" : '"' + Printable.abbreviate(text, MOST_SHOWN) + '"';
    }
}
