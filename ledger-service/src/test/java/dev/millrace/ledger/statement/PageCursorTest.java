package dev.millrace.ledger.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class PageCursorTest {
    @Test
    void aCursorComesBackAsItWas() {
        PageCursor cursor = new PageCursor(Instant.parse("2026-11-24T07:17:34.013279Z"), 123_456_789_012L, "demo-1");
        assertThat(PageCursor.decode(cursor.encode())).isEqualTo(cursor);
        assertThat(cursor.encode()).matches("[A-Za-z0-9_-]+");
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
            good + " ",
            good.repeat(10)
        }) {
            assertThatThrownBy(() -> PageCursor.decode(word(bad))).as(bad).hasMessageContaining("cursor-invalid");
        }
        for (String bad : new String[] {"", "%", "===", "é", "MQ", word(good) + "."}) {
            assertThatThrownBy(() -> PageCursor.decode(bad)).as(bad).hasMessageContaining("cursor-invalid");
        }
    }

    private static String word(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
