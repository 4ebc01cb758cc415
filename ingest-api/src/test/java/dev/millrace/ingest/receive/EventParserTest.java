package dev.millrace.ingest.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.verify.Event;
import dev.millrace.service.problem.ProblemException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventParserTest {
    private static final Event A = new Event("a", "view", null);
    private static final Event B = new Event("b", "scroll", "25");
    private static final String A_JSON = "{\"token\":\"a\",\"type\":\"view\"}";
    private static final String B_JSON = "{\"token\":\"b\",\"type\":\"scroll\",\"key\":\"25\"}";

    @Test
    void oneEventAnArrayOrAnEventALine() {
        assertThat(read(A_JSON)).containsExactly(A);
        assertThat(read("{\n  \"token\": \"a\",\n  \"type\": \"view\"\n}\n")).containsExactly(A);
        assertThat(read("[" + A_JSON + "," + B_JSON + "]")).containsExactly(A, B);
        assertThat(read(A_JSON + "\n" + B_JSON)).containsExactly(A, B);
        assertThat(read("\n" + A_JSON + "\r\n\n" + B_JSON + "\n\n")).containsExactly(A, B);
    }

    @Test
    void whatAnEventHoldsBesidesIsLeftAloneAndNonsenseIsLeftToItsVerdict() {
        assertThat(read("{\"x\":{\"token\":\"no\"},\"token\":5,\"type\":[\"view\"],\"key\":25}"))
                .containsExactly(new Event("5", "[", "25"));
        assertThat(read("{\"token\":null,\"key\":{\"a\":1}}")).containsExactly(new Event(null, null, "{"));
        assertThat(read("{}")).containsExactly(new Event(null, null, null));
        assertThat(read("{\"ref\":\"\",\"auto\":true}")).containsExactly(new Event(null, null, null, "", true));
        assertThat(read("{\"ref\":null,\"auto\":\"true\"}")).containsExactly(new Event(null, null, null, null, false));
        assertThat(read("{\"ref\":\"" + "r".repeat(3_000) + "\",\"auto\":[true]}"))
                .containsExactly(new Event(null, null, null, "r".repeat(2_048), false));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "``;                     `body is empty`",
                "`  `;                   `body is empty`",
                "`nonsense`;             `not JSON`",
                "`{\"token\":\"a\"`;     `not JSON`",
                "`{\"token\":\"a\",\"token\":\"b\"}`; `Duplicate`",
                "`[]`;                   `array holds no event`",
                "`[{}] {}`;              `goes on after its array`",
                "`[1]`;                  `event 1 (line 1) is not a JSON object`",
                "`[{},[]]`;              `event 2 (line 1) is not a JSON object`",
                "`\"text\"`;             `event 1 (line 1) is not a JSON object`",
                "`{} {}`;                `line 1 holds more than one event`",
                "`{},{}`;                `not JSON`",
            })
    void whatDoesNotParseRefusesTheWholeBody(String body, String detail) {
        assertThatThrownBy(() -> read(body)).isInstanceOfSatisfying(ProblemException.class, r -> {
            assertThat(r.getStatusCode().value()).isEqualTo(400);
            assertThat(r.problem().code()).isEqualTo("body-malformed");
            assertThat(r.getBody().getDetail()).contains(detail);
        });
    }

    @Test
    void aByteOrderMarkBeforeTheBodyIsSkipped() {
        assertThat(read("\ufeff" + A_JSON)).containsExactly(A);
        assertThat(read("\ufeff" + A_JSON + "\n" + B_JSON)).containsExactly(A, B);
        assertThat(read("\ufeff[" + A_JSON + "]")).containsExactly(A);
        refused("\ufeff".getBytes(StandardCharsets.UTF_8), "not JSON");
        refused(("\ufeff\ufeff" + A_JSON).getBytes(StandardCharsets.UTF_8), "not JSON");
        refused((A_JSON + "\n\ufeff" + B_JSON).getBytes(StandardCharsets.UTF_8), "not JSON");
    }

    /** The parser itself would take all of these. */
    @Test
    void onlyUtf8IsRead() {
        for (Charset other : List.of(
                StandardCharsets.UTF_16,
                StandardCharsets.UTF_16LE,
                StandardCharsets.UTF_16BE,
                StandardCharsets.UTF_32LE,
                StandardCharsets.UTF_32BE)) {
            refused(A_JSON.getBytes(other), "not UTF-8");
        }
        refused("{\"token\":\"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1), "not UTF-8");
        refused(withToken(0xC1, 0xA1), "not UTF-8");
        refused(withToken(0xED, 0xA0, 0x80), "not UTF-8");
        refused(withToken(0xF5, 0x80, 0x80, 0x80), "not UTF-8");
        assertThat(read("{\"token\":\"\u00e9\ud83d\ude00\"}"))
                .containsExactly(new Event("\u00e9\ud83d\ude00", null, null));
    }

    @Test
    void namesAreTheSameHoweverTheyAreEscaped() {
        assertThat(read("{\"\\u0074oken\":\"\\u0061\",\"type\":\"view\"}")).containsExactly(A);
        refused("{\"token\":\"a\",\"\\u0074oken\":\"b\"}".getBytes(StandardCharsets.UTF_8), "Duplicate");
        refused("{\"x\":{\"y\":1,\"y\":2}}".getBytes(StandardCharsets.UTF_8), "Duplicate");
    }

    @Test
    void nestingWithoutEndIsRefusedNotFollowed() {
        refused(("{\"x\":" + "[".repeat(100_000)).getBytes(StandardCharsets.UTF_8), "not JSON");
    }

    @Test
    void aLineThatDoesNotParseIsNamed() {
        assertThatThrownBy(() -> read("{}\n{\"token\":x}\n{}"))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        r -> assertThat(r.getBody().getDetail()).contains("line 2"));
    }

    @Test
    void aThousandEventsAreReadAndOneMoreIsTooLarge() {
        assertThat(read(String.join("\n", java.util.Collections.nCopies(1_000, A_JSON))))
                .hasSize(1_000);
        List<String> tooMany = java.util.Collections.nCopies(1_001, "{}");
        for (String body : List.of("[" + String.join(",", tooMany) + "]", String.join("\n", tooMany))) {
            assertThatThrownBy(() -> read(body)).isInstanceOfSatisfying(ProblemException.class, r -> {
                assertThat(r.getStatusCode().value()).isEqualTo(413);
                assertThat(r.problem().code()).isEqualTo("body-too-large");
            });
        }
    }

    private static byte[] withToken(int... units) {
        byte[] start = "{\"token\":\"".getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(start, start.length + units.length + 2);
        for (int i = 0; i < units.length; i++) {
            body[start.length + i] = (byte) units[i];
        }
        body[body.length - 2] = '"';
        body[body.length - 1] = '}';
        return body;
    }

    private static void refused(byte[] body, String detail) {
        assertThatThrownBy(() -> EventParser.parse(body, body.length))
                .isInstanceOfSatisfying(ProblemException.class, r -> {
                    assertThat(r.problem().code()).isEqualTo("body-malformed");
                    assertThat(r.getBody().getDetail()).contains(detail);
                });
    }

    private static List<Event> read(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return EventParser.parse(Arrays.copyOf(bytes, bytes.length + 3), bytes.length);
    }
}
