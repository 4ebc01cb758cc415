package dev.millrace.common.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {
    @Test
    void whatSomebodySentIsShortAndOnOneLine() {
        assertThat(Printable.abbreviate("café 日本")).isEqualTo("café 日本");
        assertThat(Printable.abbreviate("a\r\nb\u001b[31m\u2028\u202e\ud800")).isEqualTo("a??b?[31m???");
        assertThat(Printable.abbreviate("😀".repeat(1_000))).isEqualTo("😀".repeat(120) + "…");
        assertThat(Printable.abbreviate("abc", 2)).isEqualTo("ab…");
    }
}
