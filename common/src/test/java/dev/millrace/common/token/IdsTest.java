package dev.millrace.common.token;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c",
                "c-42",
                "A.b_C:d-9",
                "...",
                ".a",
                "1234567890123456789012345678901234567890123456789012345678901234",
                "test:1234567890123456789012345678901234567890123456789012345678901234"
            })
    void aCreatorId(String text) {
        assertThat(CreatorId.matches(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "a b",
                "a|b",
                "a/b",
                "a%2e",
                "\u00e9",
                "\u0661",
                "a\n",
                "12345678901234567890123456789012345678901234567890123456789012345",
                "test:12345678901234567890123456789012345678901234567890123456789012345"
            })
    void noCreatorId(String text) {
        assertThat(CreatorId.matches(text)).isFalse();
    }

    @Test
    void anArticleIdIs1To128CharactersThatCanBeShown() {
        assertThat(ArticleId.matches("/a|b \u00e9")).isTrue();
        assertThat(ArticleId.matches("\ud83d\ude00".repeat(128))).isTrue();
        assertThat(ArticleId.matches("\ud83d\ude00".repeat(128) + "x")).isFalse();
        for (String none :
                new String[] {"", "a\u0000", "a\u0007", "\u0085", "\u007f", "\ud83d", "\ude00\ud83d", "a\ud83d"}) {
            assertThat(ArticleId.matches(none)).as(none).isFalse();
        }
    }

    @Test
    void whatAReaderDoesOnceIsRememberedLong() {
        assertThat(EventType.VIEW.retention()).isEqualTo(Retention.SHORT);
        assertThat(EventType.READ.retention()).isEqualTo(Retention.SHORT);
        assertThat(EventType.SCROLL.retention()).isEqualTo(Retention.SHORT);
        assertThat(EventType.REACTION.retention()).isEqualTo(Retention.LONG);
        assertThat(EventType.COMMENT.retention()).isEqualTo(Retention.LONG);
        assertThat(EventType.SEARCH_VISIT.retention()).isEqualTo(Retention.LONG);
        assertThat(Retention.SHORT.wireName()).isEqualTo("short");
        assertThat(Retention.LONG.wireName()).isEqualTo("long");
    }
}
