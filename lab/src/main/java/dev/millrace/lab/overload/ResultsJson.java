package dev.millrace.lab.overload;

import dev.millrace.lab.report.Json;
import dev.millrace.lab.report.Machine;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A run as one JSON object. */
final class ResultsJson {
    private ResultsJson() {}

    static String of(Outcome outcome, Machine machine) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        Json.machine(root.putObject("machine"), machine, outcome.servers());
        root.put("case", outcome.plan().shape().name())
                .put("aof", outcome.plan().aof().toString())
                .put("seed", outcome.plan().seed());
        Json.number(root, "seconds", outcome.length().toMillis() / 1_000.0);
        Json.number(root, "peakEventsPerSecond", outcome.peak().median());
        Json.number(root, "peakMin", outcome.peak().least());
        Json.number(root, "peakMax", outcome.peak().most());
        var levels = root.putArray("levels");
        outcome.levels().forEach(level -> level(levels.addObject(), level));
        var flood = root.putArray("flood");
        outcome.flood().forEach(run -> flood(flood.addObject(), run));
        if (outcome.balances() != null) {
            balances(root.putObject("balances"), outcome.balances());
        }
        var promises = root.putArray("promises");
        Promises.of(outcome)
                .forEach(promise -> promises.addObject()
                        .put("promise", promise.text())
                        .put("holds", promise.holds())
                        .put("measured", promise.measured()));
        var failures = root.putArray("failures");
        outcome.failures().forEach(failures::add);
        Json.number(root, "tookSeconds", outcome.took().toMillis() / 1_000.0);
        return JsonMapper.shared().writeValueAsString(root);
    }

    private static void level(ObjectNode node, Level level) {
        node.put("percent", level.percent());
        Json.number(node, "offeredEventsPerSecond", level.perSecond());
        Json.number(node, "acceptedEventsPerSecond", level.goodput());
        score(node, level.score());
        if (level.recovery() != null) {
            node.put("backAfterSeconds", level.recovery().seconds());
            score(node.putObject("back"), level.recovery().score());
        }
        node.put("connections", level.connections());
        Memory memory = level.memory();
        node.putObject("memoryMib")
                .put("begin", memory.begin())
                .put("half", memory.half())
                .put("most", memory.most())
                .put("end", memory.end())
                .put("live", memory.live());
        ObjectNode cpu = node.putObject("cpuSeconds");
        level.cpu().forEach((name, seconds) -> Json.number(cpu, name, seconds));
        node.put("lostMicros", level.sums().lost());
    }

    private static void flood(ObjectNode node, FloodRun run) {
        Json.number(node, "redisSeconds", run.redisSeconds());
        Json.number(node, "acceptedEventsPerSecond", run.goodput());
        score(node, run.honest());
        Score replays = run.replays();
        if (replays != null) {
            ObjectNode flood = node.putObject("replays");
            score(flood, replays);
            flood.put("duplicateEvents", replays.verdicts().duplicate())
                    .put("countedEvents", replays.verdicts().accepted());
        }
        node.put("lostMicros", run.sums().lost());
    }

    private static void balances(ObjectNode node, BalancesRun run) {
        var followed = node.putArray("followed");
        run.followed().forEach(each -> {
            ObjectNode one = followed.addObject().put("readsPerSecond", each.perSecond());
            Json.number(one, "acceptedEventsPerSecond", each.goodput());
            score(one, each.events());
            ObjectNode reads =
                    one.putObject("reads").put("answered", each.reads().answered());
            Json.number(reads, "p50Ms", each.reads().latency().p50());
            Json.number(reads, "p99Ms", each.reads().latency().p99());
            Json.number(reads, "maxMs", each.reads().latency().most());
        });
        Json.number(node, "eventsPerSecondWithout", run.without().median());
        Json.number(node, "eventsPerSecondWith", run.with().median());
    }

    private static void score(ObjectNode node, Score score) {
        node.put("requests", score.arrivals()).put("accepted", score.accepted());
        ObjectNode shed = node.putObject("shed");
        new TreeMap<>(score.shed()).forEach(shed::put);
        node.put("withoutRetryAfter", score.withoutRetryAfter())
                .put("late", score.late())
                .put("broken", score.broken())
                .put("unexpected", score.unexpected());
        Latency latency = score.latency();
        Json.number(node, "p50Ms", latency.p50());
        Json.number(node, "p99Ms", latency.p99());
        Json.number(node, "p999Ms", latency.p999());
        Json.number(node, "maxMs", latency.most());
        Json.number(node, "shedP99Ms", score.refusals().p99());
    }
}
