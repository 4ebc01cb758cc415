package dev.millrace.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {
    @Test
    void textsBeginAtTheLeftAndNumbersEndAtTheRight() {
        TextTable table = new TextTable(1, "name", "n", "x", "last");
        table.add("a", 1_000, 0.5, "text");
        table.add("b", null, 1234.5, "");
        assertThat(table).hasToString("name      n      x  last\na     1,000   0.50  text\nb         -  1,235\n");
    }
}
