package dev.millrace.ingest.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.Slice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventReaderTest {
    private static final Event A = Event.of("a", "view", null);
    private static final Event B = Event.of("b", "scroll", "25");
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
                .containsExactly(Event.of("5", "[", "25"));
        assertThat(read("{\"token\":null,\"key\":{\"a\":1}}")).containsExactly(Event.of(null, null, "{"));
        assertThat(read("{}")).containsExactly(Event.of(null, null, null));
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
        assertThatThrownBy(() -> read(body)).isInstanceOfSatisfying(Refusal.class, r -> {
            assertThat(r.getStatusCode().value()).isEqualTo(400);
            assertThat(r.code()).isEqualTo("body-malformed");
            assertThat(r.getBody().getDetail()).contains(detail);
        });
    }

    @Test
    void aLineThatDoesNotParseIsNamed() {
        assertThatThrownBy(() -> read("{}\n{\"token\":x}\n{}"))
                .isInstanceOfSatisfying(
                        Refusal.class, r -> assertThat(r.getBody().getDetail()).contains("line 2"));
    }

    @Test
    void aThousandEventsAreReadAndOneMoreIsTooLarge() {
        assertThat(read(String.join("\n", java.util.Collections.nCopies(1_000, A_JSON))))
                .hasSize(1_000);
        List<String> tooMany = java.util.Collections.nCopies(1_001, "{}");
        for (String body : List.of("[" + String.join(",", tooMany) + "]", String.join("\n", tooMany))) {
            assertThatThrownBy(() -> read(body)).isInstanceOfSatisfying(Refusal.class, r -> {
                assertThat(r.getStatusCode().value()).isEqualTo(413);
                assertThat(r.code()).isEqualTo("body-too-large");
            });
        }
    }

    private static List<Event> read(String body) {
        return EventReader.read(Slice.of(body));
    }
}
