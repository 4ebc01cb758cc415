package dev.millrace.local.replay;

import java.net.Inet6Address;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line of an access log in Apache's combined format.
 *
 * <pre>{@code address ident user [17/May/2015:10:05:03 +0000] "GET /path HTTP/1.1" 200 1234 "referer" "user agent"}</pre>
 *
 * <p>The line begins with the reader's address or host name. With anything in front of it (a virtual host, a time, a pod's
 * name) the line is unreadable: the prefix would pass for the reader. Further fields behind the user agent are ignored.
 *
 * @param address the client's address or host name
 * @param time when the request came
 * @param method {@code GET}; empty where the request line was not one
 * @param article of the request target; empty where there is none
 * @param status the HTTP status
 * @param agent the user agent as it stands in the log, escapes included
 */
record LogEntry(String address, Instant time, String method, String article, int status, String agent) {
    /** How the server writes it; said to the person whose log is of another format. */
    static final String FORMAT =
            "address ident user [17/May/2015:10:05:03 +0000] \"GET /path HTTP/1.1\" 200 1234 \"referer\" \"user agent\"";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("dd/MMM/uuuu:HH:mm:ss Z", Locale.ENGLISH)
            .withResolverStyle(ResolverStyle.STRICT);

    private static final Pattern STATUS = Pattern.compile("[1-9][0-9]{2}");
    private static final Pattern BYTES = Pattern.compile("-|[0-9]+");
    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])(\\.(?!$)|$)){4}");
    private static final Pattern IPV6 = Pattern.compile("([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(%[A-Za-z0-9._-]+)?");

    private static final int LONGEST_HOST = 255;

    /** The last label of a host name is no number: {@code web1-203.0.113.1} is none. */
    private static final Pattern HOST = Pattern.compile("(\\w[\\w-]*\\.)*(?![0-9]+\\.?$)\\w[\\w-]*\\.?");

    /** Servers escape control characters, so a line that holds one was not written by a server. */
    private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x1f\\x7f]");

    private static final Pattern BLANKS = Pattern.compile(" +");

    /**
     * The entry of this line, or empty when the line is not of the combined format.
     *
     * @param line with one character a byte (ISO 8859-1), since nobody knows the encoding of what clients send
     */
    static Optional<LogEntry> parse(String line) {
        Fields fields = new Fields(line);
        String address = fields.until(" ");
        String ident = fields.until(" ");
        String user = fields.until(" [");
        String time = fields.until("] ");
        String request = fields.quoted();
        String status = fields.until(" ");
        String bytes = fields.until(" ");
        fields.quoted(); // The referer.
        String agent = fields.quoted();
        boolean isCombined = !fields.broken
                && (isAddress(address) || isHost(address))
                && isReader(ident, user.strip())
                && STATUS.matcher(status).matches()
                && BYTES.matcher(bytes).matches()
                && !CONTROL.matcher(line).find();
        return isCombined
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
        return new LogEntry(address, time, request.substring(0, space), Article.of(target), status, agent);
    }

    private static boolean isHost(String text) {
        return text.length() <= LONGEST_HOST && HOST.matcher(text).matches();
    }

    private static boolean isAddress(String text) {
        Matcher ipv6 = IPV6.matcher(text);
        if (!ipv6.matches()) {
            return IPV4.matcher(text).matches();
        }
        try {
            return Inet6Address.ofLiteral(ipv6.group(1)) != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * Whether these are what a server writes of a reader. A user name may hold blanks; then the ident is {@code -}. With
     * something in front of the address, the address itself or a dash comes to stand here.
     */
    private static boolean isReader(String ident, String user) {
        List<String> words = List.of(BLANKS.split(user));
        boolean isPlain = words.size() == 1 || (ident.equals("-") && !words.contains("-"));
        return !ident.isEmpty()
                && ident.indexOf('.') < 0
                && ident.indexOf(':') < 0
                && !user.isEmpty()
                && isPlain
                && words.stream().noneMatch(LogEntry::isAddress);
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text, TIME).toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** Takes the fields of a line from left to right. Once one is missing, it and all that follow are empty. */
    private static final class Fields {
        private final String line;
        private int position;
        private boolean broken;

        Fields(String line) {
            this.line = line;
        }

        /** What comes before this delimiter; goes on behind it. */
        String until(String delimiter) {
            int end = broken ? -1 : line.indexOf(delimiter, position);
            if (end < 0) {
                broken = true;
                return "";
            }
            String field = line.substring(position, end);
            position = end + delimiter.length();
            return field;
        }

        /**
         * What stands between two double quotes, where a backslash escapes the character behind it; a space or the line's end
         * follows the closing one. An empty field is {@code -}, as servers write it.
         */
        String quoted() {
            int end = broken || !line.startsWith("\"", position) ? -1 : closingQuote();
            if (end < 0 || (end + 1 < line.length() && line.charAt(end + 1) != ' ')) {
                broken = true;
                return "";
            }
            String field = line.substring(position + 1, end);
            position = Math.min(end + 2, line.length());
            return field.isEmpty() ? "-" : field;
        }

        private int closingQuote() {
            for (int i = position + 1; i < line.length(); i++) {
                if (line.charAt(i) == '"') {
                    return i;
                }
                i += line.charAt(i) == '\\' ? 1 : 0;
            }
            return -1;
        }
    }
}
