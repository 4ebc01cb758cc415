package dev.millrace.lab.stack;

import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One reading of a service's Prometheus metrics.
 *
 * @param sums by name, summed over the labels
 */
public record Metrics(Map<String, Double> sums) {
    private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-z_]+)(?:\\{[^}]*})? (\\S+)$");

    public static Metrics parse(String text) {
        return new Metrics(SAMPLE.matcher(text)
                .results()
                .collect(Collectors.toMap(sample -> sample.group(1), sample -> number(sample.group(2)), Double::sum)));
    }

    private static double number(String text) {
        return Double.parseDouble(text.replace("Inf", "Infinity"));
    }

    /** Whole events or micros; 0 for a counter that has not begun, an error for a gauge that knows nothing. */
    public long whole(String name) {
        double value = sums.getOrDefault(name, 0.0);
        if (Double.isNaN(value)) {
            throw new IllegalStateException(name + " is not known yet");
        }
        return Math.round(value);
    }
}
