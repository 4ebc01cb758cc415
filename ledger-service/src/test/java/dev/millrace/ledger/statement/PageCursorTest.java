package dev.millrace.ledger.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.books.Statement;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class PageCursorTest {
    @Test
    void aCursorComesBackAsItWas() {
        Statement.Key cursor =
                new Statement.Key(Instant.parse("2026-11-24T07:17:34.013279Z"), 123_456_789_012L, "demo-1");
        assertThat(PageCursor.decode(PageCursor.encode(cursor))).isEqualTo(cursor);
        assertThat(PageCursor.encode(cursor)).matches("[A-Za-z0-9_-]+");
    }

    @Test
    void everythingElseIsRefused() {
        String good = "1|1763968654013279|7|demo";
        assertThat(PageCursor.decode(word(good)).journal()).isEqualTo(7);
        for (String bad : new String[] {
            "",
            "2|1763968654013279|7|demo",
            "1|-1|7|demo",
            "1|1763968654013279|7|De",
            "1|1763968654013279|x|demo",
            "1|99999999999999999999|7|demo",
            "1|01763968654013279|7|demo",
            "1|1763968654013279|007|demo",
            good + " ",
            good.repeat(10)
        }) {
            assertThatThrownBy(() -> PageCursor.decode(word(bad))).as(bad).hasMessageContaining("cursor-invalid");
        }
        for (String bad : new String[] {
            "", "%", "===", "é", "MQ", word(good) + ".", word(good) + "=", spareBits(word("1|1763968654013279|7|de"))
        }) {
            assertThatThrownBy(() -> PageCursor.decode(bad)).as(bad).hasMessageContaining("cursor-invalid");
        }
    }

    /** The same bytes to a lenient decoder: the last character's unused bits are set. */
    private static String spareBits(String word) {
        return word.substring(0, word.length() - 1) + (char) (word.charAt(word.length() - 1) + 1);
    }

    private static String word(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
