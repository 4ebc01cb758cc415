package dev.millrace.ingest.check;

import com.google.common.base.CharMatcher;
import com.google.common.io.BaseEncoding;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds out how a signature was made that is not the kid's: it tries the ways in which publishers get the key wrong.
 *
 * <p>Its answers tell a stranger nothing of a secret. Whoever can make a signature that fits has the secret itself, or a text that is no secret: no key of
 * less than {@link #LEAST_BYTES} is derived from one.
 */
final class SecretMistakes {
    /** A shorter key could be guessed, and the answer would tell what the secret begins with. */
    private static final int LEAST_BYTES = 16;

    private static final int HASH_BYTES = 32;
    private static final int GROUP = 4;

    private static final CharMatcher URL_ALONE = CharMatcher.anyOf("-_");

    /** What stands in a variable that nobody has set. */
    private static final List<String> UNSET =
            List.of("undefined", "null", "None", "nil", "false", "secret", "changeme");

    /** What is around a secret that was read from a file or a variable, and its name. */
    private static final Map<String, String> AROUND = Map.ofEntries(
            Map.entry("%s\n", "a line break at its end"),
            Map.entry("%s\r\n", "a line break at its end"),
            Map.entry("%s\r", "a line break at its end"),
            Map.entry("%s ", "a space at its end"),
            Map.entry("%s\t", "a tab at its end"),
            Map.entry(" %s", "a space before it"),
            Map.entry(" %s ", "spaces around it"),
            Map.entry(" %s\n", "white space around it"),
            Map.entry("\uFEFF%s", "a byte order mark before it"),
            Map.entry("\"%s\"", "quotes around it"),
            Map.entry("\"%s\"\n", "quotes and a line break around it"),
            Map.entry("'%s'", "quotes around it"),
            Map.entry("'%s'\n", "quotes and a line break around it"),
            Map.entry("%s;", "a semicolon at its end"),
            Map.entry("%s=", "padding (=) at its end"));

    private final byte[] signed;
    private final List<byte[]> signatures;
    private final boolean isHex;
    private final Kid kid;
    private final String secret;

    /**
     * @param token header, payload and signature
     * @param secret that of its kid
     */
    SecretMistakes(String token, Kid kid, String secret) {
        int end = token.lastIndexOf('.');
        this.signed = token.substring(0, end).getBytes(StandardCharsets.US_ASCII);
        this.kid = kid;
        this.secret = secret;
        String signature = token.substring(end + 1);
        byte[] bytes = decoded(Base64.getUrlDecoder(), signature);
        // Many languages print a hash as hexadecimal digits by default.
        List<byte[]> hex = new ArrayList<>();
        for (String text : List.of(signature, new String(bytes, StandardCharsets.ISO_8859_1))) {
            if (text.length() == 2 * HASH_BYTES
                    && BaseEncoding.base16().lowerCase().canDecode(text.toLowerCase(Locale.ROOT))) {
                hex.add(BaseEncoding.base16().lowerCase().decode(text.toLowerCase(Locale.ROOT)));
            }
        }
        this.isHex = !hex.isEmpty();
        this.signatures = isHex ? hex : List.of(bytes);
    }

    /**
     * The mistakes that explain the signature, or that none of the known ones does.
     *
     * @param others secrets of the publisher's other keys, and of its sandbox's
     */
    List<Hint> find(Map<Kid, String> others) {
        List<Hint> found = new ArrayList<>();
        Hint ofKey = isOf(ascii(secret)) ? null : key(others);
        if (isHex && (ofKey == null || ofKey.code() != Mistake.SECRET_UNKNOWN)) {
            found.add(new Hint(
                    Mistake.SIGNATURE_HEX,
                    "the signature is written as hexadecimal digits; encode the 32 bytes of the hash as base64url"));
        }
        if (ofKey != null) {
            found.add(ofKey);
        }
        return found;
    }

    private Hint key(Map<Kid, String> others) {
        if (decodings().anyMatch(this::isOf)) {
            return Hint.of(
                    Mistake.SECRET_DECODED,
                    "the signature was made with the secret decoded from base64 or hex; %s. A library that decodes a text by itself takes these bytes",
                    keyBytes());
        }
        if (encodings().anyMatch(this::isOf)) {
            return Hint.of(
                    Mistake.SECRET_ENCODED,
                    "the signature was made with the secret encoded once more, as base64, hex or UTF-16; %s",
                    keyBytes());
        }
        for (Map.Entry<String, String> around : AROUND.entrySet()) {
            if (isOf(around.getKey().formatted(secret).getBytes(StandardCharsets.UTF_8))) {
                return Hint.of(
                        Mistake.SECRET_WRAPPED,
                        "the signature was made with the secret and %s; %s",
                        around.getValue(),
                        keyBytes());
            }
        }
        return notOfTheSecret(others);
    }

    private Hint notOfTheSecret(Map<Kid, String> others) {
        for (Map.Entry<Kid, String> other : others.entrySet()) {
            if (isOf(ascii(other.getValue()))) {
                return Hint.of(
                        Mistake.SECRET_OTHER,
                        "the signature was made with the secret of %s, and the header names %s; use kid and secret of one key",
                        other.getKey(),
                        kid);
            }
        }
        if (isOf(ascii(kid.toString())) || isOf(ascii(kid.publisher()))) {
            return Hint.of(
                    Mistake.SECRET_OTHER, "the signature was made with the key's name for a secret; %s", keyBytes());
        }
        if (isNearlyEmpty() || UNSET.stream().anyMatch(text -> isOf(ascii(text)))) {
            return Hint.of(
                    Mistake.SECRET_MISSING,
                    "the signature was made without the secret: the setting that holds it is empty or not read, or a decoder made nothing of it; %s",
                    keyBytes());
        }
        return Hint.of(
                Mistake.SECRET_UNKNOWN,
                "the signature fits neither the secret of %s nor a usual mistake; %s. Is it this edge's secret, and was the token changed after it was signed?",
                kid,
                keyBytes());
    }

    /** A decoder of hex that stops at the first character it does not know leaves a byte or none. HMAC fills a key up with zeros, so 0 is the empty one. */
    private boolean isNearlyEmpty() {
        return IntStream.range(0, 1 << Byte.SIZE).anyMatch(value -> isOf(new byte[] {(byte) value}));
    }

    private String keyBytes() {
        return "the key is the secret's %d ASCII characters as they stand".formatted(secret.length());
    }

    /** By a decoder of base64url, by one that skips what standard base64 does not have, by one that takes whole groups alone, and by those of hex. */
    private Stream<byte[]> decodings() {
        String standard = URL_ALONE.removeFrom(secret);
        return Stream.of(
                        decoded(Base64.getUrlDecoder(), secret),
                        decoded(Base64.getUrlDecoder(), whole(secret)),
                        decoded(Base64.getDecoder(), standard),
                        decoded(Base64.getDecoder(), whole(standard)),
                        nibbles())
                .filter(key -> key.length >= LEAST_BYTES);
    }

    private static String whole(String text) {
        return text.substring(0, text.length() / GROUP * GROUP);
    }

    /** {@code pack('H*')} of Perl and Ruby makes half a byte of any character. */
    private byte[] nibbles() {
        byte[] bytes = new byte[(secret.length() + 1) / 2];
        for (int i = 0; i < secret.length(); i++) {
            char c = secret.charAt(i);
            int half = (Character.isLetter(c) ? c + 9 : c) & 15;
            bytes[i / 2] |= (byte) (i % 2 == 0 ? half << 4 : half);
        }
        return bytes;
    }

    private Stream<byte[]> encodings() {
        byte[] bytes = decoded(Base64.getUrlDecoder(), secret);
        return Stream.of(
                ascii(Base64.getEncoder().encodeToString(ascii(secret))),
                ascii(Base64.getUrlEncoder().withoutPadding().encodeToString(ascii(secret))),
                ascii(Base64.getEncoder().encodeToString(ascii(secret + "\n"))),
                ascii(BaseEncoding.base16().lowerCase().encode(ascii(secret))),
                ascii(BaseEncoding.base16().lowerCase().encode(bytes)),
                ascii(Base64.getEncoder().encodeToString(bytes)),
                secret.getBytes(StandardCharsets.UTF_16LE),
                secret.getBytes(StandardCharsets.UTF_16BE));
    }

    private boolean isOf(byte[] key) {
        byte[] hash = new HmacSha256(key).of(signed);
        return signatures.stream().anyMatch(signature -> MessageDigest.isEqual(hash, signature));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Without what a last, broken group holds; empty where it is no base64. */
    private static byte[] decoded(Base64.Decoder decoder, String text) {
        String whole = text.length() % GROUP == 1 ? text.substring(0, text.length() - 1) : text;
        try {
            return decoder.decode(whole);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }
}
