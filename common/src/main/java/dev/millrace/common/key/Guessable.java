package dev.millrace.common.key;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Tells secrets that a person has typed, and nobody has drawn: one character or pattern again and again, well-known words, sequences. The bounds
 * leave random ones alone: 32 random hexadecimal digits are refused with a probability below 10<sup>-9</sup>.
 */
final class Guessable {
    /** A secret without these words keeps at least so many characters: half of the least length. */
    private static final int LEAST_BESIDE_WORDS = 16;

    private static final List<String> WORDS = List.of(
            "password",
            "passw0rd",
            "passwort",
            "changeme",
            "secret",
            "letmein",
            "welcome",
            "qwertyuiop",
            "qwerty",
            "asdfghjkl",
            "zxcvbnm",
            "default",
            "example",
            "administrator",
            "admin",
            "master",
            "test",
            "1234567890",
            "123456");

    /** Secrets are looked at in windows of so many characters; the best one counts, so that a weak beginning spoils no strong rest. */
    private static final int WINDOW = 32;

    private static final int GRAM = 3;

    /** Of the 30 groups of three characters in a window, so many differ at least. Random digits have 29.9 on average. */
    private static final int LEAST_GROUPS = 21;

    /** Of the 31 steps in a window, so many at most go to the next character, the one before, or the same. Random digits have 6 on average. */
    private static final int MOST_STEPS = 23;

    private Guessable() {}

    /** Why this is no random secret; empty where nothing speaks against it. */
    static String why(String secret) {
        if (period(secret) <= secret.length() / 2) {
            return "repeats a pattern";
        }
        if (withoutWords(secret).length() < LEAST_BESIDE_WORDS) {
            return "consists of well-known words";
        }
        boolean isVaried = false;
        boolean isNoSequence = false;
        for (int from = 0; from + WINDOW <= secret.length(); from++) {
            String window = secret.substring(from, from + WINDOW);
            isVaried |= groups(window) >= LEAST_GROUPS;
            isNoSequence |= steps(window) <= MOST_STEPS;
        }
        return isVaried ? isNoSequence ? "" : "is a sequence" : "repeats itself";
    }

    /** The length of the shortest pattern that makes the text when it is repeated, by the failure function of Knuth, Morris and Pratt. */
    private static int period(String text) {
        int[] borders = new int[text.length()];
        int border = 0;
        for (int i = 1; i < text.length(); i++) {
            while (border > 0 && text.charAt(i) != text.charAt(border)) {
                border = borders[border - 1];
            }
            border += text.charAt(i) == text.charAt(border) ? 1 : 0;
            borders[i] = border;
        }
        return text.length() - border;
    }

    private static String withoutWords(String secret) {
        String rest = secret.toLowerCase(Locale.ROOT);
        for (String word : WORDS) {
            rest = rest.replace(word, "");
        }
        return rest;
    }

    private static int groups(String window) {
        Set<String> groups = new HashSet<>();
        for (int i = 0; i + GRAM <= window.length(); i++) {
            groups.add(window.substring(i, i + GRAM));
        }
        return groups.size();
    }

    private static int steps(String window) {
        int steps = 0;
        for (int i = 1; i < window.length(); i++) {
            steps += Math.abs(window.charAt(i) - window.charAt(i - 1)) <= 1 ? 1 : 0;
        }
        return steps;
    }
}
