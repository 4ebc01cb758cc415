package dev.millrace.ingest.filter;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A section of {@code user-agents.txt}, whose head describes the form. A search is a few plain ones, so it takes a microsecond. */
final class Words {
    private static final String RESOURCE = "user-agents.txt";

    private final List<Word> words;

    private Words(List<Word> words) {
        this.words = List.copyOf(words);
    }

    /** The sections by name. */
    static Map<String, Words> builtIn() {
        Map<String, List<Word>> sections = new HashMap<>();
        try (InputStream in = Objects.requireNonNull(Words.class.getResourceAsStream(RESOURCE), RESOURCE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            List<Word> section = List.of();
            for (String line : lines.lines().filter(Words::isEntry).toList()) {
                if (line.startsWith("[") && line.endsWith("]")) {
                    section = sections.computeIfAbsent(line.substring(1, line.length() - 1), _ -> new ArrayList<>());
                } else {
                    section.add(Word.of(line));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, Words> built = new HashMap<>();
        sections.forEach((name, words) -> built.put(name, new Words(words)));
        return Map.copyOf(built);
    }

    private static boolean isEntry(String line) {
        return !line.isBlank() && !line.startsWith("#");
    }

    /** Whether a lower-case text has one of the words. */
    boolean areIn(String text) {
        for (Word word : words) {
            if (word.isIn(text)) {
                return true;
            }
        }
        return false;
    }

    /**
     * @param first it stands at the beginning only
     * @param opens no letter is before it
     * @param closes no letter is behind it
     */
    private record Word(String text, boolean first, boolean opens, boolean closes) {
        static Word of(String line) {
            boolean first = line.startsWith("^");
            boolean opens = line.startsWith("<");
            boolean closes = line.endsWith(">");
            String text = line.substring(first || opens ? 1 : 0, line.length() - (closes ? 1 : 0));
            return new Word(text, first, opens, closes);
        }

        boolean isIn(String whole) {
            if (first) {
                return whole.startsWith(text);
            }
            int at = whole.indexOf(text);
            while (at >= 0 && !fits(whole, at)) {
                at = whole.indexOf(text, at + 1);
            }
            return at >= 0;
        }

        private boolean fits(String whole, int at) {
            int end = at + text.length();
            return !(opens && at > 0 && Character.isLetter(whole.charAt(at - 1)))
                    && !(closes && end < whole.length() && Character.isLetter(whole.charAt(end)));
        }
    }
}
