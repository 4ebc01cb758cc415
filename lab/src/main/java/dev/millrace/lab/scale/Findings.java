package dev.millrace.lab.scale;

import dev.millrace.lab.report.Machine;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** All that a run found. */
record Findings(Machine machine, long seed, List<Finding> all) {
    Findings {
        all = List.copyOf(all);
    }

    List<String> failures() {
        return all.stream()
                .flatMap(finding -> finding.failures().stream().map(failure -> finding.part() + ": " + failure))
                .toList();
    }

    boolean isGood() {
        return failures().isEmpty();
    }

    String json() {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.putObject("machine")
                .put("cores", machine.cores())
                .put("processor", machine.processor())
                .put("memoryMib", machine.memoryMib())
                .put("system", machine.system())
                .put("java", machine.java());
        root.put("seed", seed);
        all.forEach(finding -> finding.addTo(root.putObject(finding.part().toString())));
        var failures = root.putArray("failures");
        failures().forEach(failures::add);
        return JsonMapper.shared().writeValueAsString(root);
    }

    String text() {
        String conclusion = isGood()
                ? "\nNothing was lost, nothing was paid twice.\n"
                : "\nFAILED:\n  " + String.join("\n  ", failures()) + "\n";
        return machine + "\n" + all.stream().map(Finding::text).collect(Collectors.joining()) + conclusion;
    }
}
