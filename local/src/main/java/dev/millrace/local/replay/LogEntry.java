package dev.millrace.local.replay;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A line of an access log in Apache's combined format.
 *
 * <pre>{@code address ident user [17/May/2015:10:05:03 +0000] "GET /path HTTP/1.1" 200 1234 "referer" "user agent"}</pre>
 *
 * <p>Quoted fields are kept as they stand in the log, escapes included. Further fields behind the user agent are
 * ignored.
 *
 * @param address the client's address or host name
 * @param time when the request came
 * @param method {@code GET}; empty where the request line was not one
 * @param path the request target without its query; empty where the request line was not one
 * @param status the HTTP status
 * @param agent the user agent
 */
record LogEntry(String address, Instant time, String method, String path, int status, String agent) {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("dd/MMM/uuuu:HH:mm:ss Z", Locale.ENGLISH)
            .withResolverStyle(ResolverStyle.STRICT);

    private static final Pattern STATUS = Pattern.compile("[1-9][0-9]{2}");
    private static final Pattern BYTES = Pattern.compile("-|[0-9]+");

    /** The entry of this line, or empty when the line is not of the combined format. */
    static Optional<LogEntry> parse(String line) {
        Fields fields = new Fields(line);
        String address = fields.until(" ");
        String identity = fields.until(" [");
        String time = fields.until("] ");
        String request = fields.quoted();
        String status = fields.until(" ");
        String bytes = fields.until(" ");
        String referer = fields.quoted();
        String agent = fields.quoted();
        boolean wellFormed = !fields.broken()
                && !address.isEmpty()
                && identity.indexOf(' ') > 0
                && STATUS.matcher(status).matches()
                && BYTES.matcher(bytes).matches()
                && !referer.isEmpty();
        return wellFormed
                ? time(time).map(at -> of(address, at, request, Integer.parseInt(status), agent))
                : Optional.empty();
    }

    private static LogEntry of(String address, Instant time, String request, int status, String agent) {
        int space = request.indexOf(' ');
        if (space < 0) {
            return new LogEntry(address, time, "", "", status, agent);
        }
        int protocol = request.lastIndexOf(" HTTP/");
        String target = protocol > space ? request.substring(space + 1, protocol) : request.substring(space + 1);
        int query = target.indexOf('?');
        String path = query < 0 ? target : target.substring(0, query);
        return new LogEntry(address, time, request.substring(0, space), path, status, agent);
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text, TIME).toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
