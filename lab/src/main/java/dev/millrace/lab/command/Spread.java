package dev.millrace.lab.command;

import java.util.List;

/** The least, the middle and the most of some rounds. */
public record Spread(double least, double median, double most) {
    /** @param values at least one */
    public static Spread of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        double median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return new Spread(sorted.getFirst(), median, sorted.getLast());
    }

    @Override
    public String toString() {
        return "%,.0f (%,.0f-%,.0f)".formatted(median, least, most);
    }
}
