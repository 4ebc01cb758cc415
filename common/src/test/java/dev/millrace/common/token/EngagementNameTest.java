package dev.millrace.common.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngagementNameTest {
    @ParameterizedTest
    @EnumSource
    void aNameIsParsedAsItWasEncoded(EventType type) {
        EngagementName name = new EngagementName("pub-1", "A.b_c:d-e", "a/b c?d=ä𝄞", type, 17);
        assertThat(name.encode()).isEqualTo("pub-1|A.b_c:d-e|a/b c?d=ä𝄞|" + type.wireName() + "|17");
        assertThat(EngagementName.parse(name.encode())).isEqualTo(name);
    }

    static List<Note> notes() {
        return List.of(
                Note.NONE,
                Note.filtered(Filter.DATACENTER),
                Note.visit(null),
                Note.visit(Source.DIRECT),
                Note.of(Source.SEARCH, false),
                Note.of(Source.SEARCH, true),
                Note.of(null, true));
    }

    @ParameterizedTest
    @MethodSource("notes")
    void aNoteStandsBehindTheType(Note note) {
        EngagementName name = new EngagementName("p", "c", "/a~b!c^d", EventType.VIEW, 3).with(note);
        assertThat(EngagementName.parse(name.encode())).isEqualTo(name);
    }

    @Test
    void theFormOfNotes() {
        assertThat(notes().stream().map(Note::encode))
                .containsExactly("", "!datacenter", "^", "^direct", "~search", "~search~v", "~~v");
        assertThat(notes().stream().filter(Note::isPaid)).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "!",
                "!Robot",
                "!view",
                "~",
                "~v",
                "~~",
                "~~v~",
                "~Search",
                "~search~",
                "~search~V",
                "^v",
                "^^",
                "^search~v",
                "!robot~v"
            })
    void noOtherNoteIsTaken(String note) {
        assertThatThrownBy(() -> EngagementName.parse("p|c|/a|view" + note + "|1"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"|", "||", "a|view|1", "|view|1", "p|c|a|view|1", "x|", "|x", " "})
    void anArticleMayHoldTheSeparator(String article) {
        EngagementName name = new EngagementName("p", "c", article, EventType.READ, Integer.MAX_VALUE);
        assertThat(EngagementName.parse(name.encode())).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "|",
                "||||",
                "p|c|a|view",
                "p|c|view|1",
                "|c|a|view|1",
                "p||a|view|1",
                "p|c||view|1",
                "p|c|a||1",
                "p|c|a|view|",
                "p|c|a|view|0",
                "p|c|a|view|01",
                "p|c|a|view|-1",
                "p|c|a|view|+1",
                "p|c|a|view|1 ",
                "p|c|a|view|2147483648",
                "p|c|a|view|99999999999",
                "p|c|a|View|1",
                "p|c|a|click|1",
                "P|c|a|view|1",
                "p_|c|a|view|1",
                "p|c/|a|view|1",
                "p|.|a|view|1",
                "p|..|a|view|1",
                "p|c|a\n|view|1",
                "p|c|\uD800|view|1",
                "#micros",
                "p|c|a|view|١",
                "p|c|a|view|1|",
                "123456789012345678901234567890123|c|a|view|1"
            })
    void whatIsNoneOfOursIsRefused(String field) {
        assertThatThrownBy(() -> EngagementName.parse(field)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theLongestPartsAreTaken() {
        EngagementName longest =
                new EngagementName("p".repeat(32), "c".repeat(64), "𝄞".repeat(128), EventType.COMMENT, 1);
        assertThat(EngagementName.parse(longest.encode())).isEqualTo(longest);
        assertThatThrownBy(() -> EngagementName.parse("p|" + "c".repeat(65) + "|a|view|1"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> EngagementName.parse("p|c|" + "a".repeat(129) + "|view|1"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Whatever stands in Redis: a name that encodes to the same field, or an IllegalArgumentException. */
    @Test
    void anyFieldIsParsedOrRefused() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        String letters = "||||pc-1a09.:é\n view";
        int parsed = 0;
        for (int i = 0; i < 100_000; i++) {
            StringBuilder field = new StringBuilder(random.nextBoolean() ? "p|c|a|view|1" : "");
            for (int edits = random.nextInt(6); edits > 0; edits--) {
                int at = random.nextInt(field.length() + 1);
                if (at < field.length() && random.nextBoolean()) {
                    field.deleteCharAt(at);
                } else {
                    field.insert(at, letters.charAt(random.nextInt(letters.length())));
                }
            }
            try {
                assertThat(EngagementName.parse(field.toString()).encode())
                        .as("seed %d", seed)
                        .isEqualTo(field.toString());
                parsed++;
            } catch (IllegalArgumentException e) {
                assertThat(e).as("seed %d", seed).hasMessageContaining("is not <publisher>|<creator>");
            }
        }
        assertThat(parsed).as("seed %d", seed).isBetween(1_000, 99_000);
    }
}
