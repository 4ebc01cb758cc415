package dev.millrace.lab.command;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * What a run has found: one JSON object for programs, and text for people.
 *
 * @param machine where it ran
 * @param fields of the JSON object besides {@code machine} and {@code failures}: numbers, texts, records, maps, lists of these
 * @param text of the same: lines with their ends, empty when nothing was measured
 * @param failures whatever makes the run worth nothing: money lost or paid twice, a run that broke off
 */
public record Report(Machine machine, Map<String, @Nullable Object> fields, String text, List<String> failures) {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .addModule(new SimpleModule()
                    .addSerializer(Double.class, new SixDigits())
                    .addSerializer(double.class, new SixDigits()))
            .build();
    private static final String GAP = "  ";

    public Report {
        failures = List.copyOf(failures);
    }

    public boolean isGood() {
        return failures.isEmpty() && !text.isEmpty();
    }

    /** One object on one line. */
    String json() {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("machine", machine);
        all.putAll(fields);
        all.put("failures", failures);
        return MAPPER.writeValueAsString(all);
    }

    /** For people, with the machine first and the conclusion last. */
    @Override
    public String toString() {
        String conclusion = failures.isEmpty()
                ? "Nothing was lost, nothing was paid twice.\n"
                : "FAILED:\n  " + String.join("\n  ", failures) + "\n";
        return "%s\n%s\n%.0f s. %s".formatted(machine, text, machine.seconds(), conclusion);
    }

    /**
     * Rows in columns as wide as their widest cell. The columns of texts begin at the left, numbers end at the right.
     *
     * @param texts how many columns from the left hold texts; the last column always does
     * @param rows records or maps, as they are in the JSON object
     * @param columns {@code figure, head=figure, head=figure/figure of that}; a dash stands where there is no such figure
     */
    public static String table(int texts, List<?> rows, String columns) {
        List<String[]> parts = Stream.of(columns.split(", ", -1))
                .map(column -> column.split("=", 2))
                .toList();
        List<List<String>> lines = new ArrayList<>();
        lines.add(parts.stream().map(part -> part[0]).toList());
        for (Object row : rows) {
            JsonNode figures = MAPPER.valueToTree(row);
            lines.add(parts.stream()
                    .map(part -> cell(figures.at("/" + part[part.length - 1])))
                    .toList());
        }
        int[] widths = new int[parts.size()];
        for (int column = 0; column < widths.length; column++) {
            int at = column;
            int width =
                    lines.stream().mapToInt(line -> line.get(at).length()).max().orElse(1);
            widths[column] = column < texts || column == widths.length - 1 ? -width : width;
        }
        return lines.stream().map(line -> line(line, widths)).collect(Collectors.joining());
    }

    /** @param widths below zero where the cell begins at the left */
    private static String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            String padding =
                    " ".repeat(Math.abs(widths[column]) - cells.get(column).length());
            line.append(widths[column] < 0 ? cells.get(column) + padding : padding + cells.get(column))
                    .append(GAP);
        }
        return line.toString().stripTrailing() + "\n";
    }

    private static String cell(JsonNode figure) {
        if (figure.isObject()) {
            return figure.properties().stream()
                    .map(each -> each.getKey() + " " + cell(each.getValue()))
                    .collect(Collectors.joining(", "));
        }
        if (figure.isIntegralNumber()) {
            return "%,d".formatted(figure.asLong());
        }
        if (figure.isNumber()) {
            double number = figure.asDouble();
            double size = Math.abs(number);
            return (size < 10 ? "%.2f" : size < 100 ? "%.1f" : "%,.0f").formatted(number);
        }
        return figure.isMissingNode() || figure.isNull() ? "-" : figure.asString();
    }

    /** Writes a figure; 0 where there is none. */
    private static final class SixDigits extends ValueSerializer<Double> {
        private static final MathContext DIGITS = new MathContext(6);

        @Override
        public void serialize(Double value, JsonGenerator out, SerializationContext context) {
            BigDecimal rounded =
                    Double.isFinite(value) ? new BigDecimal(value, DIGITS).stripTrailingZeros() : BigDecimal.ZERO;
            out.writeNumber(rounded.scale() < 0 ? rounded.setScale(0) : rounded);
        }
    }
}
