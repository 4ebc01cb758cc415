package dev.millrace.ingest.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.Mutants;
import dev.millrace.ingest.verify.Slice;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The short way through a body agrees with the full parser, and is the one that usual bodies take. */
class PlainEventsTest {
    private static final String A = "{\"token\":\"a.b.c\",\"type\":\"view\"}";
    private static final String B = "{\"type\" : \"scroll\", \"key\":\"25\", \"token\":\"x.y.z\" }";
    private static final List<Event> BOTH = List.of(Event.of("a.b.c", "view", null), Event.of("x.y.z", "scroll", "25"));
    private static final int MUTANTS = 200_000;
    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\n",
            " ",
            "\n",
            "\r\n",
            "1",
            "null",
            "\"key\":\"1\"",
            "\"x\":1",
            A,
            B,
            "\u0001",
            "é");

    private final long seed = Long.getLong("millrace.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Mutants mutants = new Mutants(random, PIECES);

    @ParameterizedTest
    @ValueSource(strings = {"[%s,%s]", " [ %s ,\n %s ]\n", "%s\n%s", "\n%s\r\n\n%s\n\n"})
    void usualBodiesAreReadInPlace(String form) {
        assertThat(plain(form.formatted(A, B))).isEqualTo(BOTH);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                A + A,
                A + " " + B,
                A + "," + B,
                "[" + A + "]" + B,
                "[" + A + ",]",
                "{\"token\":1}",
                "{\"token\":\"a\",\"token\":\"b\"}",
                "{\"token\":\"a\",\"more\":\"b\"}",
                "{\"token\":\"\\u0061\"}",
                "{\"token\":\"é\"}"
            })
    void whateverElseIsLeftToTheFullParser(String body) {
        assertThat(plain(body)).isNull();
    }

    @Test
    void itAgreesWithTheFullParserWhereverItHasAnAnswer() {
        System.out.println("PlainEventsTest: seed " + seed + " (-Dmillrace.seed=" + seed + ")");
        int answers = 0;
        for (int i = 0; i < MUTANTS; i++) {
            String body = mutants.of(random.nextBoolean() ? "[" + A + "," + B + "]" : A + "\n" + B);
            List<Event> plain = plain(body);
            if (plain != null) {
                answers++;
                assertThat(plain).as("seed %d: %s", seed, body).isEqualTo(full(body));
            }
        }
        assertThat(answers).isBetween(MUTANTS / 100, MUTANTS - MUTANTS / 10);
    }

    private static @Nullable List<Event> plain(String body) {
        return PlainEvents.read(Slice.of(body));
    }

    private static @Nullable List<Event> full(String body) {
        try {
            return EventReader.readText(body);
        } catch (Refusal e) {
            return null;
        }
    }
}
