package dev.millrace.books;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Units that were no reader's: nobody paid for them.
 *
 * @param reason name of the filter that found them
 * @param type of the events
 * @param micros what the units would have cost
 */
public record Filtered(String reason, String type, long units, long micros) {
    /** The aggregate of rows with these four columns, for {@link #list}. */
    static final String AGGREGATE =
            "json_agg(json_build_object('reason', reason, 'type', type, 'units', units, 'micros', micros) ORDER BY reason, type)";

    private static final TypeReference<List<Filtered>> LIST = new TypeReference<>() {};

    /**
     * The rows, by reason and type.
     *
     * @param json null: there are none
     */
    static List<Filtered> list(@Nullable String json) {
        return json == null ? List.of() : JsonMapper.shared().readValue(json, LIST);
    }
}
