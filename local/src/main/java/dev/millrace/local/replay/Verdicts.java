package dev.millrace.local.replay;

import dev.millrace.local.process.CommandException;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the server said about one batch.
 *
 * @param codes why events were rejected, with how many each
 */
record Verdicts(long accepted, long duplicate, long rejected, Map<String, Long> codes) {
    private static final JsonMapper JSON = JsonMapper.shared();

    /** @throws CommandException when the answer does not speak about exactly this many events */
    static Verdicts parse(String body, int events) {
        try {
            JsonNode answer = JSON.readTree(body);
            Verdicts verdicts = new Verdicts(
                    answer.path("accepted").asLong(0),
                    answer.path("duplicate").asLong(0),
                    answer.path("rejected").asLong(0),
                    codes(answer));
            if (verdicts.accepted + verdicts.duplicate + verdicts.rejected == events) {
                return verdicts;
            }
        } catch (JacksonException e) {
            // Said below.
        }
        throw CommandException.failed("the server's answer does not tell what became of the " + events
                + " events sent: " + body.substring(0, Math.min(200, body.length())));
    }

    private static Map<String, Long> codes(JsonNode answer) {
        Map<String, Long> codes = new TreeMap<>();
        for (JsonNode result : answer.path("results")) {
            if (result.path("status").asString("").equals("rejected")) {
                codes.merge(result.path("code").asString("unknown"), 1L, Long::sum);
            }
        }
        return codes;
    }
}
