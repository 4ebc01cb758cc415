package dev.millrace.ingest.receive;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.Shown;
import dev.millrace.ingest.verify.Slice;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds the events in a body: one JSON object, an array of them, or objects on lines of their own (NDJSON), in UTF-8. The
 * body tells which, not its content type. What does not parse refuses the whole body; what parses but makes no sense (a
 * token that is a number) is left to the verdict on that event. Fields it does not know are left alone.
 */
final class EventReader {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    private final JsonParser parser;
    private final List<Event> events = new ArrayList<>();

    private EventReader(JsonParser parser) {
        this.parser = parser;
    }

    static List<Event> read(Slice body) {
        List<Event> plain = PlainEvents.read(body);
        return plain != null ? plain : readText(text(body));
    }

    /** The same without a short way. */
    static List<Event> readText(String body) {
        try (JsonParser parser = MAPPER.createParser(body)) {
            EventReader reader = new EventReader(parser);
            reader.readAll();
            return reader.events;
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            String where = at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
            throw Refusal.bodyMalformed(
                    "the body is not JSON: %s%s".formatted(Shown.message(e.getOriginalMessage()), where));
        }
    }

    private static String text(Slice body) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(body.buffer()).toString();
        } catch (CharacterCodingException e) {
            throw Refusal.bodyMalformed("the body is not UTF-8 text");
        }
    }

    private void readAll() {
        JsonToken first = parser.nextToken();
        if (first == null) {
            throw Refusal.bodyMalformed("the body is empty; it takes an event, an array of events or an event a line");
        }
        if (first == JsonToken.START_ARRAY) {
            readArray();
        } else {
            readLines();
        }
    }

    private void readArray() {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            readEvent();
        }
        if (events.isEmpty()) {
            throw Refusal.bodyMalformed("the array holds no event");
        }
        if (parser.nextToken() != null) {
            throw Refusal.bodyMalformed("the body goes on after its array, in line %d".formatted(line()));
        }
    }

    private void readLines() {
        int ended;
        do {
            readEvent();
            ended = line();
        } while (parser.nextToken() != null && startsAfter(ended));
    }

    private boolean startsAfter(int ended) {
        if (line() == ended) {
            throw Refusal.bodyMalformed("line %d holds more than one event".formatted(ended));
        }
        return true;
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }

    private void readEvent() {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw Refusal.bodyMalformed("event %d (line %d) is not a JSON object".formatted(events.size() + 1, line()));
        }
        if (events.size() == IngestSettings.MOST_EVENTS) {
            throw Refusal.bodyTooLarge(
                    "the body holds more than %d events; send several requests".formatted(IngestSettings.MOST_EVENTS));
        }
        String token = null;
        String type = null;
        String key = null;
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "token" -> token = text();
                case "type" -> type = text();
                case "key" -> key = text();
                default -> parser.skipChildren();
            }
        }
        events.add(Event.of(token, type, key));
    }

    /** The value as text; a nested one as its bracket, which no rule accepts. */
    private @Nullable String text() {
        String text = parser.currentToken() == JsonToken.VALUE_NULL ? null : parser.getString();
        parser.skipChildren();
        return text;
    }
}
