package dev.millrace.ledger.catalog;

import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import java.net.IDN;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the origin of a site as a person writes it, into the form in which browsers send it in {@code Origin} (RFC 6454, section 6.1):
 * lower case, ASCII, without the scheme's own port. Only that form is equal to what they send.
 */
final class SiteOrigin {
    /** Above the longest origin, so that long texts cost nothing. */
    private static final int MOST_CHARACTERS = 300;

    private static final int MOST_CHARACTERS_OF_A_HOST = 253;
    private static final int MOST_PORT = 65_535;

    private static final Pattern PARTS = Pattern.compile("(https?)://(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern AFTER_THE_HOST = Pattern.compile("[/?#]");
    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

    /** Letters that IDNA 2003, which {@link IDN} follows, maps to others, while browsers keep them (UTS 46, section 7). */
    private static final Pattern DEVIATIONS = Pattern.compile("[\\u00df\\u03c2\\u200c\\u200d]");

    private static final Pattern HOST =
            Pattern.compile("%1$s(\\.%1$s)*".formatted("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"));

    /** Browsers read a host whose last label is a number as an IPv4 address, and write it with four decimals. */
    private static final Pattern NUMERIC = Pattern.compile("(.*\\.)?([0-9]+|0x[0-9a-f]*)");

    private static final Pattern IPV4 =
            Pattern.compile("%1$s(\\.%1$s){3}".formatted("(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"));

    private SiteOrigin() {}

    /**
     * The origin as browsers send it.
     *
     * @param isSandbox whether http counts for every host
     * @throws ProblemException {@code limits-invalid}, with the remedy
     */
    static String read(String site, boolean isSandbox) {
        if (site.length() > MOST_CHARACTERS) {
            throw refused(site, "it is longer than %d characters".formatted(MOST_CHARACTERS));
        }
        Matcher parts = PARTS.matcher(site);
        if (!parts.matches()) {
            throw refused(site, "begin it with https://");
        }
        String scheme = parts.group(1).toLowerCase(Locale.ROOT);
        String authority = authority(site, parts.group(2));
        int colon = authority.lastIndexOf(':');
        String host = host(site, colon < 0 ? authority : authority.substring(0, colon));
        if (scheme.equals("http") && !isSandbox && !host.equals("localhost") && !host.equals("127.0.0.1")) {
            throw refused(site, "write https; http is for localhost, 127.0.0.1 and the sites of sandboxes");
        }
        int usual = scheme.equals("http") ? 80 : 443;
        int port = colon < 0 ? usual : port(site, authority.substring(colon + 1));
        return scheme + "://" + host + (port == usual ? "" : ":" + port);
    }

    /** Host and port. */
    private static String authority(String site, String text) {
        Matcher after = AFTER_THE_HOST.matcher(text);
        if (after.find()) {
            boolean isSlashAlone = text.charAt(after.start()) == '/' && after.start() == text.length() - 1;
            throw refused(site, isSlashAlone ? "leave out the slash at its end" : "leave out path, query and fragment");
        }
        if (text.indexOf('@') >= 0) {
            throw refused(site, "leave out the user before '@'");
        }
        if (text.indexOf('*') >= 0) {
            throw refused(site, "a wildcard does not count; name each host");
        }
        if (text.startsWith("[")) {
            throw refused(site, "name the host, or write its IPv4 address");
        }
        return text;
    }

    private static int port(String site, String text) {
        int port = PORT.matcher(text).matches() ? Integer.parseInt(text) : 0;
        if (port < 1 || port > MOST_PORT) {
            throw refused(site, "its port is not a number from 1 to %d".formatted(MOST_PORT));
        }
        return port;
    }

    private static String host(String site, String text) {
        String host = ascii(text)
                .orElseThrow(() -> refused(
                        site,
                        "its host is no name; write one as browsers send it, with xn-- for letters beyond ASCII"));
        if (NUMERIC.matcher(host).matches() && !IPV4.matcher(host).matches()) {
            throw refused(site, "write its IPv4 address as four numbers, such as 192.0.2.1");
        }
        return host;
    }

    /** The host in ASCII and lower case; empty where it is none, or one that browsers may write otherwise. */
    private static Optional<String> ascii(String host) {
        if (DEVIATIONS.matcher(host).find()) {
            return Optional.empty();
        }
        try {
            return Optional.of(IDN.toASCII(host).toLowerCase(Locale.ROOT))
                    .filter(ascii -> ascii.length() <= MOST_CHARACTERS_OF_A_HOST)
                    .filter(ascii -> HOST.matcher(ascii).matches());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static ProblemException refused(String site, String remedy) {
        return Problem.LIMITS_INVALID.because("sites: '%s' is not an origin: %s", site, remedy);
    }
}
