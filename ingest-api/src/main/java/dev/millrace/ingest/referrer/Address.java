package dev.millrace.ingest.referrer;

import com.google.common.base.Ascii;
import com.google.common.base.CharMatcher;
import java.net.IDN;
import org.jspecify.annotations.Nullable;

/**
 * The parts of an address that lists speak of. It is read as browsers read one, but strictly: they mend an address that has a
 * backslash or an escape in its host, and here it is none.
 *
 * @param app whether it is an Android app's, {@code android-app://package}, and not a page's
 * @param host host or package in lower case and ASCII, without userinfo, port and the root's dot
 * @param path from its {@code /} on, or empty; escapes as they stand
 * @param query without its {@code ?}, or empty; escapes as they stand
 */
record Address(boolean app, String host, String path, String query) {
    private static final String APP = "android-app://";

    /** Userinfo, host and port. No referrer has more, and a cut address must not end within its host. */
    private static final int MOST_AUTHORITY = 512;

    /** RFC 1035. */
    private static final int MOST_HOST = 253;

    private static final CharMatcher AUTHORITY_END = CharMatcher.anyOf("/?#\\").precomputed();
    private static final CharMatcher DIGITS = CharMatcher.inRange('0', '9');
    private static final CharMatcher PLAIN = CharMatcher.inRange('a', 'z')
            .or(DIGITS)
            .or(CharMatcher.anyOf(".-_"))
            .precomputed();
    private static final CharMatcher LITERAL =
            CharMatcher.inRange('a', 'f').or(DIGITS).or(CharMatcher.anyOf(":.[]"));

    /** The address in this text, or null when it is none of http, https or an Android app. */
    static @Nullable Address parse(String text) {
        boolean app = begins(text, APP);
        if (!app && !begins(text, "https://") && !begins(text, "http://")) {
            return null;
        }
        int start = text.indexOf("://") + "://".length();
        int end = authorityEnd(text, start);
        boolean isAuthority = end - start <= MOST_AUTHORITY && (end == text.length() || text.charAt(end) != '\\');
        String host = isAuthority ? host(text.substring(start, end)) : null;
        return host == null ? null : withHost(app, host, text, end);
    }

    private static boolean begins(String text, String start) {
        return text.length() >= start.length() && Ascii.equalsIgnoreCase(text.substring(0, start.length()), start);
    }

    private static int authorityEnd(String text, int start) {
        int end = AUTHORITY_END.indexIn(text, start);
        return end < 0 ? text.length() : end;
    }

    private static Address withHost(boolean app, String host, String text, int from) {
        int hash = text.indexOf('#', from);
        int end = hash < 0 ? text.length() : hash;
        int mark = text.indexOf('?', from);
        int pathEnd = mark < 0 || mark > end ? end : mark;
        return new Address(
                app, host, text.substring(from, pathEnd), pathEnd == end ? "" : text.substring(pathEnd + 1, end));
    }

    private static @Nullable String host(String authority) {
        String hostAndPort = authority.substring(authority.lastIndexOf('@') + 1);
        int colon = hostAndPort.indexOf(':', hostAndPort.lastIndexOf(']') + 1);
        int end = colon < 0 ? hostAndPort.length() : colon;
        boolean hasPort = colon < 0 || DIGITS.matchesAllOf(hostAndPort.substring(colon + 1));
        return hasPort ? normal(hostAndPort.substring(0, end)) : null;
    }

    private static @Nullable String normal(String host) {
        String ascii = Ascii.toLowerCase(host);
        if (ascii.startsWith("[")) {
            return ascii.endsWith("]") && LITERAL.matchesAllOf(ascii) ? ascii : null;
        }
        if (!PLAIN.matchesAllOf(ascii)) {
            ascii = punycode(ascii);
        }
        if (ascii.endsWith(".")) {
            ascii = ascii.substring(0, ascii.length() - 1);
        }
        boolean isHost = !ascii.isEmpty()
                && ascii.length() <= MOST_HOST
                && !ascii.startsWith(".")
                && !ascii.endsWith(".")
                && !ascii.contains("..");
        return isHost ? ascii : null;
    }

    /** A name of other letters in ASCII; empty when it is none. */
    private static String punycode(String host) {
        try {
            String ascii = host.length() <= MOST_HOST ? Ascii.toLowerCase(IDN.toASCII(host)) : "";
            return PLAIN.matchesAllOf(ascii) ? ascii : "";
        } catch (IllegalArgumentException _) {
            return "";
        }
    }
}
