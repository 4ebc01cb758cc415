package dev.millrace.lab.bench;

import dev.millrace.lab.report.Json;
import dev.millrace.lab.report.Machine;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A run as one JSON object. Rates are those of the median round; six digits. */
final class ResultsJson {
    private ResultsJson() {}

    static String of(Plan plan, Outcome outcome, Machine machine) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        machine(root.putObject("machine"), machine, outcome);
        Yardsticks yardsticks = new Yardsticks(outcome.results());
        var results = root.putArray("results");
        outcome.results().forEach(result -> result(results.addObject(), result, yardsticks));
        var failures = root.putArray("failures");
        outcome.failures().forEach(failures::add);
        root.put("seed", plan.seed()).put("quick", plan.quick());
        Json.number(root, "warmUpSeconds", plan.warmUp().toMillis() / 1_000.0);
        Json.number(root, "roundSeconds", plan.length().toMillis() / 1_000.0);
        return JsonMapper.shared().writeValueAsString(root);
    }

    private static void machine(ObjectNode node, Machine machine, Outcome outcome) {
        Json.machine(node, machine, outcome.servers());
        Json.number(node, "seconds", outcome.took().toMillis() / 1_000.0);
    }

    private static void result(ObjectNode node, Result result, Yardsticks yardsticks) {
        Scenario scenario = result.scenario();
        node.put("contestant", scenario.contestant())
                .put("case", scenario.shape().name());
        node.put("aof", scenario.aof() == null ? null : scenario.aof().toString());
        node.put("creators", scenario.creators()).put("rounds", result.rounds());
        Json.number(node, "eventsPerSecond", result.eventsPerSecond().median());
        Json.number(node, "eventsPerSecondMin", result.eventsPerSecond().least());
        Json.number(node, "eventsPerSecondMax", result.eventsPerSecond().most());
        Json.number(node, "settledEventsPerSecond", result.settledPerSecond());
        node.put("requests", result.requests());
        Json.number(node, "p50Ms", result.p50Ms());
        Json.number(node, "p99Ms", result.p99Ms());
        Json.number(node, "p999Ms", result.p999Ms());
        Json.number(node, "settleMs", result.settleMs());
        node.put("lost", result.lost()).put("sentAgain", result.repeated());
        numbers(node.putObject("ratios"), yardsticks.ratios(result));
        if (result.redisMicros() > 0) {
            Json.number(node, "redisMicrosPerEvent", result.redisMicros());
        }
        yardsticks.increments(result).ifPresent(ratio -> Json.number(node, "redisIncrements", ratio));
        yardsticks.againstEmptyLogs(result).ifPresent(ratio -> Json.number(node, "redisAgainstEmptyLogs", ratio));
        numbers(node.putObject("cpuSecondsPerMillion"), result.cpuSecondsPerMillion());
        Json.number(node, "statementsPerMillion", result.statementsPerMillion());
        Json.number(node, "rowsPerMillion", result.rowsPerMillion());
        if (result.bytesPerRemembered() == 0) {
            node.putNull("bytesPerRemembered");
        } else {
            Json.number(node, "bytesPerRemembered", result.bytesPerRemembered());
        }
    }

    private static void numbers(ObjectNode node, Map<String, Double> figures) {
        figures.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(figure -> Json.number(node, figure.getKey(), figure.getValue()));
    }
}
