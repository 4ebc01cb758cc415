package dev.millrace.local.replay;

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
 * A line of an access log in Apache's combined format. It begins with the reader's address or host name: anything in front
 * of it (a virtual host, a time, a pod's name) would pass for the reader. Further fields behind the user agent are ignored.
 *
 * @param method {@code GET}; empty where the request line was not one
 * @param article of the request target; empty where there is none
 * @param agent the user agent as it stands in the log, escapes included
 */
record AccessLogLine(String address, Instant time, String method, String article, int status, String agent) {
    static final String FORMAT =
            "address ident user [17/May/2015:10:05:03 +0000] \"GET /path HTTP/1.1\" 200 1234 \"referer\" \"user agent\"";

    private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|[01]?\\d?\\d)";
    private static final String IP =
            OCTET + "(?:\\." + OCTET + "){3}" + "|(?=\\S*::|(?:\\w*:){6})[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]+(?:%\\w+)?";

    /** The last label of a host name is no number: {@code web1-203.0.113.1} is none. */
    private static final String HOST = "(?!(?:\\S*\\.)?\\d+\\.? )\\w[\\w.-]{0,254}";

    /** A backslash escapes the character behind it. */
    private static final String QUOTED = "\"((?:[^\"\\\\]|\\\\.)*+)\"";

    /** Servers escape control characters, so a line that holds one was not written by a server. */
    private static final Pattern LINE = Pattern.compile("(?s)(?!.*[\\x00-\\x1f\\x7f])(" + IP + "|" + HOST
            + ") ([^ .:]+) ((?:(?! \\[).)*+) \\[([^]]*+)] " + QUOTED + " ([1-9]\\d\\d) (?:-|\\d+) " + QUOTED + " "
            + QUOTED
            + "(?: .*)?");

    private static final Pattern ADDRESS = Pattern.compile(IP);
    private static final Pattern REQUEST = Pattern.compile("(?s)([^ ]*) (.*?)(?: HTTP/.*)?");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("dd/MMM/uuuu:HH:mm:ss Z", Locale.ENGLISH)
            .withResolverStyle(ResolverStyle.STRICT);

    /**
     * The entry of this line, or empty when the line is not of the combined format.
     *
     * @param line with one character a byte (ISO 8859-1), since nobody knows the encoding of what clients send
     */
    static Optional<AccessLogLine> parse(String line) {
        Matcher field = LINE.matcher(line);
        if (!field.matches() || !isReader(field.group(2), field.group(3).strip())) {
            return Optional.empty();
        }
        Matcher request = REQUEST.matcher(field.group(5));
        boolean isRequest = request.matches();
        try {
            return Optional.of(new AccessLogLine(
                    field.group(1),
                    OffsetDateTime.parse(field.group(4), TIME).toInstant(),
                    isRequest ? request.group(1) : "",
                    isRequest ? Article.of(request.group(2)) : "",
                    Integer.parseInt(field.group(6)),
                    field.group(8).isEmpty() ? "-" : field.group(8)));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /**
     * Whether these are what a server writes of a reader. A user name may hold blanks; then the ident is {@code -}. With
     * something in front of the address, the address itself or a dash comes to stand here.
     */
    private static boolean isReader(String ident, String user) {
        List<String> words = List.of(user.split(" +", -1));
        return !user.isEmpty()
                && words.stream().noneMatch(word -> ADDRESS.matcher(word).matches())
                && (words.size() == 1 || (ident.equals("-") && !words.contains("-")));
    }
}
