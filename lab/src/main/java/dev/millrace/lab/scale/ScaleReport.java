package dev.millrace.lab.scale;

import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.RunReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run found.
 *
 * @param figures by name, of each part and of what it did
 */
record ScaleReport(Machine machine, long seed, Map<String, Map<String, Double>> figures, List<String> failures)
        implements RunReport {
    ScaleReport {
        figures = new LinkedHashMap<>(figures);
        failures = List.copyOf(failures);
    }

    @Override
    public String text() {
        StringBuilder text = new StringBuilder(machine.toString());
        figures.forEach((part, each) -> {
            text.append('\n').append(part).append('\n');
            each.forEach((name, value) -> text.append(
                    (value == Math.rint(value) ? "  %-24s %,.0f%n" : "  %-24s %,.2f%n").formatted(name, value)));
        });
        return text.append('\n').append(conclusion()).toString();
    }
}
