package dev.millrace.ingest.check;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A token as a person would read it, in whatever form it was pasted. Nothing here is verified, and nothing of it counts.
 *
 * @param text the token without what is around it, in base64url without padding
 * @param header its JSON object, or null where there is none
 * @param payload its JSON object, or null where there is none
 * @param mistakes in its form
 */
public record LooseToken(
        String text, @Nullable JsonNode header, @Nullable JsonNode payload, List<Hint> mistakes) {
    /** Characters: twice those of the longest token, and room for escapes. A longer text is not looked into. */
    private static final int MOST_CHARACTERS = 20_000;

    private static final int PARTS = 3;
    private static final int ENCRYPTED_PARTS = 5;
    private static final int HEX = 16;

    private static final JsonMapper JSON = JsonMapper.shared();

    /** White space, and characters that nobody sees: a byte order mark, joiners, a non-breaking space. */
    private static final CharMatcher BLANK =
            CharMatcher.whitespace().or(CharMatcher.anyOf("\uFEFF\u200B\u200C\u200D\u2060\u0000"));

    private static final CharMatcher QUOTES = CharMatcher.anyOf("\"'`\u201C\u201D\u2018\u2019");
    private static final CharMatcher PUNCTUATION = CharMatcher.anyOf(",;");
    private static final CharMatcher ANY_EDGE = BLANK.or(QUOTES).or(PUNCTUATION);

    /** What may be around a token, by its name. */
    private static final Map<String, CharMatcher> EDGES =
            ImmutableMap.of("white space", BLANK, "quotes", QUOTES, "a comma or semicolon", PUNCTUATION);

    /** Of what is around it: quotes within an object within quotes. */
    private static final int MOST_LAYERS = 3;

    private static final Pattern SCHEME = Pattern.compile("(?i)^(authorization:\\s*)?bearer[\\s:]\\s*");

    /** Numbered characters of HTML, of an address, and of a script's text. */
    private static final Pattern NUMBERED =
            Pattern.compile("&#(\\d{1,7});|&#[xX]([0-9a-fA-F]{1,6});|\\\\u([0-9a-fA-F]{4})"
                    + "|\\\\x([0-9a-fA-F]{2})|%([0-9a-fA-F]{2})");

    public static LooseToken of(@Nullable String sent) {
        if (sent == null || sent.length() > MOST_CHARACTERS) {
            return new LooseToken("", null, null, List.of());
        }
        List<Hint> mistakes = new ArrayList<>();
        String text = plain(unwrapped(unescaped(sent, mistakes), mistakes), mistakes);
        List<String> parts = Splitter.on('.').splitToList(text);
        count(parts, mistakes);
        return new LooseToken(text, part(parts, 0), part(parts, 1), List.copyOf(mistakes));
    }

    private static String unescaped(String text, List<Hint> mistakes) {
        String unescaped = text.replace("&quot;", "\"")
                .replace("&apos;", "'")
                .replace("&period;", ".")
                .replace("&lowbar;", "_")
                .replace("&hyphen;", "-")
                .replace("&equals;", "=")
                .replace("&plus;", "+")
                .replace("&sol;", "/");
        Matcher numbered = NUMBERED.matcher(unescaped);
        unescaped = numbered.replaceAll(found -> Matcher.quoteReplacement(character(numbered)));
        if (!unescaped.equals(text)) {
            mistakes.add(
                    new Hint(
                            Mistake.TOKEN_ESCAPED,
                            "the token is escaped, as for HTML or an address; a token needs no escape, so put it there as it is"));
        }
        return unescaped;
    }

    private static String character(Matcher found) {
        for (int group = 1; group <= found.groupCount(); group++) {
            if (found.group(group) != null) {
                int point = Integer.parseInt(found.group(group), group == 1 ? 10 : HEX);
                return Character.isValidCodePoint(point) ? Character.toString(point) : found.group();
            }
        }
        return found.group();
    }

    private static String unwrapped(String sent, List<Hint> mistakes) {
        Set<String> around = new LinkedHashSet<>();
        String text = sent;
        for (int layer = 0; layer < MOST_LAYERS; layer++) {
            String within = ANY_EDGE.trimFrom(text);
            String edges = edges(text, within);
            EDGES.forEach((name, edge) -> {
                if (edge.matchesAnyOf(edges)) {
                    around.add(name);
                }
            });
            text = within;
            text = without(text, SCHEME.matcher(text).replaceFirst(""), "\"Bearer\"", around);
            text = without(text, member(text), "a JSON object", around);
        }
        if (!around.isEmpty()) {
            mistakes.add(Hint.of(
                    Mistake.TOKEN_WRAPPED,
                    "the token has %s around it; send its characters alone",
                    String.join(" and ", around)));
        }
        return text;
    }

    private static String edges(String text, String within) {
        int from = text.indexOf(within);
        return text.substring(0, from) + text.substring(from + within.length());
    }

    private static String without(String text, String less, String what, Set<String> around) {
        if (less.length() < text.length()) {
            around.add(what);
        }
        return less;
    }

    /** The token of an event, where the whole of it was pasted. */
    private static String member(String text) {
        if (!text.startsWith("{")) {
            return text;
        }
        try {
            return JSON.readTree(text).path("token").asString(text);
        } catch (JacksonException e) {
            return text;
        }
    }

    /** In the alphabet of base64url. */
    private static String plain(String text, List<Hint> mistakes) {
        String plain =
                BLANK.or(CharMatcher.is('=')).removeFrom(text).replace('+', '-').replace('/', '_');
        if (!plain.equals(text) && part(Splitter.on('.').splitToList(plain), 0) != null) {
            mistakes.add(
                    new Hint(
                            Mistake.TOKEN_BASE64,
                            "the token is encoded as base64 with +, /, = or line breaks; it takes base64url without padding, on one line"));
        }
        return plain;
    }

    private static void count(List<String> parts, List<Hint> mistakes) {
        JsonNode header = part(parts, 0);
        if (header == null || header.path("alg").asString("").equalsIgnoreCase("none")) {
            return;
        }
        if (parts.size() == ENCRYPTED_PARTS) {
            mistakes.add(new Hint(
                    Mistake.TOKEN_ENCRYPTED,
                    "the token has five parts, so it is encrypted (JWE); sign it (JWS, HS256)"));
        } else if (parts.size() < PARTS || parts.get(2).isEmpty()) {
            mistakes.add(new Hint(
                    Mistake.TOKEN_INCOMPLETE, "the token's end is missing; it is header.payload.signature, uncut"));
        }
    }

    private static @Nullable JsonNode part(List<String> parts, int place) {
        if (parts.size() <= place) {
            return null;
        }
        try {
            byte[] json = Base64.getUrlDecoder().decode(parts.get(place));
            JsonNode object = JSON.readTree(new String(json, StandardCharsets.UTF_8));
            return object.isObject() ? object : null;
        } catch (JacksonException | IllegalArgumentException e) {
            return null;
        }
    }
}
