package dev.millrace.ingest.verify;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Random;

/**
 * Texts bent at random: up to three times a character is taken out, or a piece put in or in its place.
 *
 * @param pieces what is put in
 */
public record Mutants(Random random, List<String> pieces) {
    /** One mutant; never with half a surrogate pair. */
    public String of(String text) {
        StringBuilder mutant = new StringBuilder(text);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(mutant.length());
            switch (random.nextInt(3)) {
                case 0 -> mutant.deleteCharAt(at);
                case 1 -> mutant.insert(at, pieces.get(random.nextInt(pieces.size())));
                default -> mutant.replace(at, at + 1, pieces.get(random.nextInt(pieces.size())));
            }
        }
        return new String(mutant.toString().getBytes(UTF_8), UTF_8);
    }
}
