package dev.millrace.lab.command;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of text, in columns as wide as their widest cell. The columns of texts begin at the left, numbers end at the right. */
public final class TextTable {
    private static final String GAP = "  ";

    private final int texts;
    private final List<List<String>> rows = new ArrayList<>();

    /** @param texts how many columns from the left hold texts; the last column always does */
    public TextTable(int texts, String... heads) {
        this.texts = texts;
        rows.add(List.of(heads));
    }

    /**
     * All rows have as many cells.
     *
     * @param cells texts, numbers with up to two decimals, or null for a dash
     */
    public void add(@Nullable Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(cell(cell));
        }
        rows.add(row);
    }

    private static String cell(@Nullable Object cell) {
        return switch (cell) {
            case null -> "-";
            case Double number when Math.abs(number) < 10 -> "%.2f".formatted(number);
            case Double number -> "%,.0f".formatted(number);
            case Number number -> "%,d".formatted(number.longValue());
            default -> cell.toString();
        };
    }

    /** A line a row, each with its end. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                line.append(padded(row.get(column), column, row.size())).append(GAP);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private String padded(String cell, int column, int columns) {
        int width =
                rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
        String padding = " ".repeat(width - cell.length());
        return column < texts || column == columns - 1 ? cell + padding : padding + cell;
    }
}
