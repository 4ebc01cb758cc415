package dev.millrace.ingest.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Kid;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The short way through the claims agrees with the full parser, and is the one that usual tokens take. */
class PlainClaimsTest {
    private static final Kid KID = new Kid("demo", 1);
    private static final String USUAL =
            "{\"sub\":\"c-1\",\"art\":\"/a|b\",\"jti\":\"j-1\",\"iat\":1000000,\"exp\":1003600%s}";
    private static final int MUTANTS = 200_000;

    /** What a mutation puts in: what JSON is made of, and what it must not be made of. */
    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\u0041",
            " ",
            "\n",
            "\t",
            "0",
            "1",
            "-",
            ".",
            "e5",
            "9".repeat(12),
            "true",
            "null",
            "\"sub\":",
            "\"evt\":[\"view\"]",
            "\"qty\":0",
            "\"ref\":\"\"",
            "\u0001",
            "\u007f",
            "é",
            "😀",
            "c 1");

    private final long seed = Long.getLong("millrace.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Mutants mutants = new Mutants(random, PIECES);

    @Test
    void usualClaimsAreReadInPlace() {
        assertThat(plain(USUAL.formatted("")))
                .isEqualTo(new EventToken(KID, "c-1", "/a|b", "j-1", 1_000_000, 1_003_600, null, 1));
        assertThat(
                        plain(
                                " { \"vis\" : \"v\" ,\n\"exp\":9,\"iat\":0,\t\"qty\":7,\"evt\":[\"comment\", \"view\"],\"ref\":\"https://a.example/?q=1\",\"jti\":\"j\",\"art\":\"a\",\"sub\":\"s\" } "))
                .isEqualTo(new EventToken(KID, "s", "a", "j", 0, 9, Set.of("comment", "view"), 7));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ",\"sub\":\"again\"",
                ",\"qty\":0",
                ",\"qty\":01",
                ",\"qty\":2147483648",
                ",\"qty\":-1",
                ",\"qty\":1.0",
                ",\"qty\":1e1",
                ",\"ref\":\"\"",
                ",\"vis\":\"é\"",
                ",\"vis\":\"a\\nb\"",
                ",\"evt\":[]",
                ",\"evt\":[1]",
                ",\"evt\":[\"view\"],\"evt\":[\"view\"]",
                ",\"more\":{}",
                ",",
                "} "
            })
    void whateverElseIsLeftToTheFullParser(String more) {
        assertThat(plain(USUAL.formatted(more))).isNull();
    }

    @Test
    void itAgreesWithTheFullParserWhereverItHasAnAnswer() {
        System.out.println("PlainClaimsTest: seed " + seed + " (-Dmillrace.seed=" + seed + ")");
        int answers = 0;
        for (int i = 0; i < MUTANTS; i++) {
            String json = mutants.of(
                    USUAL.formatted(random.nextBoolean() ? "" : ",\"evt\":[\"view\"],\"qty\":3,\"vis\":\"v\""));
            EventToken plain = plain(json);
            if (plain != null) {
                answers++;
                assertThat(plain).as("seed %d: %s", seed, json).isEqualTo(full(json));
            }
        }
        assertThat(answers).isBetween(MUTANTS / 100, MUTANTS - MUTANTS / 10);
    }

    private static @Nullable EventToken plain(String json) {
        return PlainClaims.read(KID, Slice.of(json));
    }

    private static @Nullable EventToken full(String json) {
        try {
            return Claims.read(KID, json);
        } catch (MalformedToken e) {
            return null;
        }
    }
}
