package dev.millrace.ingest.receive;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.PlainJson;
import dev.millrace.ingest.verify.Slice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a body as nearly all programs write it, in place: an event, an array of them or one a line, each an object of plain
 * texts for {@code token}, {@code type} and {@code key}, each at most once. Anything else, good or bad, it leaves to
 * {@link EventReader}. So the two agree wherever this one has an answer.
 */
final class PlainEvents {
    private final PlainJson json;
    private final List<Event> events = new ArrayList<>();

    private PlainEvents(PlainJson json) {
        this.json = json;
    }

    /** The events, or null where this is for {@link EventReader} to read. */
    static @Nullable List<Event> read(Slice body) {
        PlainEvents plain = new PlainEvents(new PlainJson(body));
        return plain.readAll() ? plain.events : null;
    }

    private boolean readAll() {
        return json.skip('[') ? readArray() : readLines();
    }

    private boolean readArray() {
        do {
            if (!readEvent()) {
                return false;
            }
        } while (json.skip(','));
        return json.skip(']') && json.isAtEnd();
    }

    private boolean readLines() {
        do {
            if (!readEvent()) {
                return false;
            }
        } while (json.skipLine() && !json.isAtEnd());
        return json.isAtEnd();
    }

    private boolean readEvent() {
        if (events.size() == IngestSettings.MOST_EVENTS || !json.skip('{')) {
            return false;
        }
        Slice token = null;
        Slice type = null;
        Slice key = null;
        do {
            Slice name = json.text();
            Slice value = json.skip(':') ? json.text() : null;
            if (name == null || value == null) {
                return false;
            }
            if (token == null && name.is("token")) {
                token = value;
            } else if (type == null && name.is("type")) {
                type = value;
            } else if (key == null && name.is("key")) {
                key = value;
            } else {
                return false;
            }
        } while (json.skip(','));
        events.add(new Event(token, text(type), text(key)));
        return json.skip('}');
    }

    private static @Nullable String text(@Nullable Slice slice) {
        return slice == null ? null : slice.ascii();
    }
}
