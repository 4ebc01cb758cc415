package dev.millrace.ingest.receive;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.verify.Event;
import dev.millrace.service.problem.ProblemException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Fuzz target: any bytes give events or a refusal that can be shown; where Jackson's tree model reads an object, so do we, and
 * its texts are ours.
 */
public final class BodyFuzz {
    private static final int LONGEST_DETAIL = 300;
    private static final Set<Integer> DOCUMENTED = Set.of(400, 413);
    private static final JsonMapper TREES = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    private BodyFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        try {
            List<Event> events = EventParser.parse(input, input.length);
            that(!events.isEmpty() && events.size() <= IngestSettings.MOST_EVENTS, "number of events");
            if (events.size() == 1) {
                requireSame(events.getFirst(), TREES.readTree(input));
            }
        } catch (ProblemException refusal) {
            String detail = String.valueOf(refusal.getBody().getDetail());
            that(DOCUMENTED.contains(refusal.getStatusCode().value()), "status");
            that(detail.length() <= LONGEST_DETAIL, "length of the detail");
            that(detail.chars().noneMatch(Character::isISOControl), "detail");
        }
    }

    private static void requireSame(Event event, JsonNode body) {
        JsonNode tree = body.isArray() ? body.get(0) : body;
        requireSame(event.token(), tree.get("token"));
        requireSame(event.type(), tree.get("type"));
        requireSame(event.key(), tree.get("key"));
    }

    private static void requireSame(@Nullable String text, @Nullable JsonNode node) {
        if (node == null || node.isNull()) {
            that(text == null, "a text that is not there");
        } else if (node.isString()) {
            that(node.stringValue().equals(text), "another text");
        }
    }

    private static void that(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
