package dev.millrace.lab.torture;

import java.util.List;

/**
 * Events of one request.
 *
 * @param events how many, copies included
 * @param sums what is new in it
 * @param body as it is sent: a line each
 */
record Batch(int events, Sums sums, String body) {
    /**
     * @param fresh events that are sent for the first time
     * @param copies events that are, or have been, in this or another batch
     */
    static Batch of(List<Event> fresh, List<Event> copies) {
        Sums sums = new Sums();
        StringBuilder body = new StringBuilder((fresh.size() + copies.size()) * 320);
        for (Event event : fresh) {
            sums.add(event.cell(), event.micros());
            body.append(event.json()).append('\n');
        }
        copies.forEach(event -> body.append(event.json()).append('\n'));
        return new Batch(fresh.size() + copies.size(), sums, body.toString());
    }
}
