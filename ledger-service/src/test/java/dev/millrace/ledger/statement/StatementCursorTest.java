package dev.millrace.ledger.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.books.Statement;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class StatementCursorTest {
    @Test
    void aCursorComesBackAsItWas() {
        Statement.Key cursor =
                new Statement.Key(Instant.parse("2026-11-24T07:17:34.013279Z"), 123_456_789_012L, "demo-1");
        assertThat(StatementEndpoint.key(StatementEndpoint.cursor(cursor))).isEqualTo(cursor);
        Statement.Key payout = new Statement.Key(cursor.at(), 7, "");
        assertThat(StatementEndpoint.key(StatementEndpoint.cursor(payout))).isEqualTo(payout);
        assertThat(StatementEndpoint.cursor(cursor)).matches("[A-Za-z0-9_-]+");
    }

    @Test
    void everythingElseIsRefused() {
        String good = "1763968654013279\n7\ndemo";
        assertThat(StatementEndpoint.key(word(good)).journal()).isEqualTo(7);
        for (String bad : new String[] {
            "",
            "2\n1763968654013279\n7\ndemo",
            "-1\n7\ndemo",
            "1763968654013279\n7\nDe",
            "1763968654013279\nx\ndemo",
            "99999999999999999999\n7\ndemo",
            "01763968654013279\n7\ndemo",
            "1763968654013279\n007\ndemo",
            good + " ",
            good.repeat(10)
        }) {
            assertThatThrownBy(() -> StatementEndpoint.key(word(bad))).as(bad).hasMessageContaining("cursor-invalid");
        }
        for (String bad : new String[] {
            "", "%", "===", "é", "MQ", word(good) + ".", word(good) + "=", spareBits(word("1763968654013279\n7\nd"))
        }) {
            assertThatThrownBy(() -> StatementEndpoint.key(bad)).as(bad).hasMessageContaining("cursor-invalid");
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
