package dev.millrace.lab.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Rows of text, in columns as wide as their widest cell. */
public final class Grid {
    private static final String GAP = "  ";

    private final Set<Integer> texts;
    private final List<List<String>> rows = new ArrayList<>();

    /** @param texts the columns that begin at their left, from 0; numbers end at their right */
    public Grid(Set<Integer> texts) {
        this.texts = Set.copyOf(texts);
    }

    /** All rows have as many cells. */
    public void add(String... cells) {
        rows.add(List.of(cells));
    }

    /** A line a row, each with its end. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                line.append(padded(row.get(column), column)).append(GAP);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private String padded(String cell, int column) {
        int width =
                rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
        String padding = " ".repeat(width - cell.length());
        return texts.contains(column) ? cell + padding : padding + cell;
    }
}
