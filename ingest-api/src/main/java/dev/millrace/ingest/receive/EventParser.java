package dev.millrace.ingest.receive;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.JsonBytes;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;

/**
 * Finds the events in a body: one JSON object, an array of them, or objects on lines of their own (NDJSON), in UTF-8 with or
 * without a byte order mark. The body tells which, not its content type. What does not parse refuses the whole body; what
 * parses but makes no sense (a token that is a number) is left to the verdict on that event. Names it does not know are left
 * alone.
 */
final class EventParser {
    /** Characters; a signed referrer has as many. */
    private static final int MOST_REFERRER = 2_048;

    private final JsonParser json;
    private final List<Event> events = new ArrayList<>();

    private EventParser(JsonParser json) {
        this.json = json;
    }

    /**
     * The events, in their order: at least one, at most {@link IngestSettings#MOST_EVENTS}.
     *
     * @param length how many of the bytes are the body
     * @throws ProblemException when the body is malformed or holds too many events
     */
    static List<Event> parse(byte[] body, int length) {
        try (JsonParser json = JsonBytes.parser(body, 0, length)) {
            EventParser parser = new EventParser(json);
            parser.readAll();
            return parser.events;
        } catch (CharacterCodingException e) {
            throw Problem.BODY_MALFORMED.because("the body is not UTF-8 text");
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            String where = at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
            throw Problem.BODY_MALFORMED.because("the body is not JSON: %s%s", e.getOriginalMessage(), where);
        }
    }

    private void readAll() {
        JsonToken first = json.nextToken();
        if (first == null) {
            throw Problem.BODY_MALFORMED.because(
                    "the body is empty; it takes an event, an array of events or an event a line");
        }
        if (first == JsonToken.START_ARRAY) {
            readArray();
        } else {
            readLines();
        }
    }

    private void readArray() {
        while (json.nextToken() != JsonToken.END_ARRAY) {
            readEvent();
        }
        if (events.isEmpty()) {
            throw Problem.BODY_MALFORMED.because("the array holds no event");
        }
        if (json.nextToken() != null) {
            throw Problem.BODY_MALFORMED.because("the body goes on after its array, in line %d", line());
        }
    }

    private void readLines() {
        int ended;
        do {
            readEvent();
            ended = line();
        } while (json.nextToken() != null && startsAfter(ended));
    }

    private boolean startsAfter(int ended) {
        if (line() == ended) {
            throw Problem.BODY_MALFORMED.because("line %d holds more than one event", ended);
        }
        return true;
    }

    private int line() {
        return json.currentTokenLocation().getLineNr();
    }

    private void readEvent() {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw Problem.BODY_MALFORMED.because("event %d (line %d) is not a JSON object", events.size() + 1, line());
        }
        if (events.size() == IngestSettings.MOST_EVENTS) {
            throw Problem.BODY_TOO_LARGE.because(
                    "the body holds more than %d events; send several requests", IngestSettings.MOST_EVENTS);
        }
        String token = null;
        String type = null;
        String key = null;
        String referrer = null;
        boolean automated = false;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "token" -> token = text();
                case "type" -> type = text();
                case "key" -> key = text();
                case "ref" -> referrer = cut(text());
                case "auto" -> {
                    automated = json.currentToken() == JsonToken.VALUE_TRUE;
                    json.skipChildren();
                }
                default -> json.skipChildren();
            }
        }
        events.add(new Event(token, type, key, referrer, automated));
    }

    /** What classifies a referrer stands at its beginning. */
    private static @Nullable String cut(@Nullable String text) {
        return text == null || text.length() <= MOST_REFERRER ? text : text.substring(0, MOST_REFERRER);
    }

    /** The value as text; a nested one as its bracket, which no rule accepts. */
    private @Nullable String text() {
        String text = json.currentToken() == JsonToken.VALUE_NULL ? null : json.getString();
        json.skipChildren();
        return text;
    }
}
