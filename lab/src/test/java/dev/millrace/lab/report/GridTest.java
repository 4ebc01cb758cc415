package dev.millrace.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class GridTest {
    @Test
    void textsBeginAtTheLeftAndNumbersEndAtTheRight() {
        Grid grid = new Grid(Set.of(0));
        grid.add("name", "n");
        grid.add("a", "1,000");
        assertThat(grid).hasToString("name      n\na     1,000\n");
    }
}
