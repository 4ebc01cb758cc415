package dev.millrace.lab.path;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds visits by their definition, and by nothing else: a visit ends after 30 minutes without an event of its visitor. It shares no code with what it
 * judges.
 */
final class Sessionizer {
    static final long IDLE_SECONDS = 1_800;

    private Sessionizer() {}

    /**
     * An event of a visitor.
     *
     * @param second Unix time
     * @param source empty where it is not known
     */
    record Event(String visitor, long second, String article, String source) {}

    /**
     * A visit.
     *
     * @param begins Unix time
     * @param article where it begins
     * @param source of its first event
     */
    record Visit(String visitor, long begins, String article, String source) {}

    /** The visits that these events make, in the order of their beginnings; events of one second come in the order of the list. */
    static List<Visit> visits(List<Event> events) {
        return visits(events, IDLE_SECONDS);
    }

    /** The same where a visit ends after more than so many seconds without an event. */
    static List<Visit> visits(List<Event> events, long idle) {
        List<Event> inOrder = new ArrayList<>(events);
        inOrder.sort(Comparator.comparingLong(Event::second));
        Map<String, Long> last = new HashMap<>();
        List<Visit> visits = new ArrayList<>();
        for (Event event : inOrder) {
            Long before = last.put(event.visitor(), event.second());
            if (before == null || event.second() - before > idle) {
                visits.add(new Visit(event.visitor(), event.second(), event.article(), event.source()));
            }
        }
        return visits;
    }
}
