package dev.millrace.ingest.referrer;

import com.google.common.base.Ascii;
import dev.millrace.common.token.Source;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The places that the lists name, by host, path and app.
 *
 * <p>A line of a list is one of these; the list's name is the class.
 *
 * <ul>
 *   <li>{@code bing.com}: this host, which may have {@code www.} or {@code m.} before it
 *   <li>{@code *.facebook.com}: this host and every host under it
 *   <li>{@code webmail.**}: every host of three labels or more that begins so, where no other line has it
 *   <li>{@code images.google.*}: a host for each line of {@code domains.txt} that begins {@code google.}
 *   <li>{@code bing.com/maps}: pages of this host at this path or below it
 *   <li>{@code google.*}{@code /url?source=gmail}: of these pages those that have the parameter
 *   <li>{@code android-app://com.whatsapp}: an app
 *   <li>{@code ?gclid}, {@code ?utm_medium=cpc}, {@code ?utm_medium=paid*}: a mark, with any value, this one, or one that begins so
 * </ul>
 *
 * <p>The longest name decides, and at one host the pages with a path before the host itself. Where several lines have a page,
 * the first list of search, social, mail and referral decides. Thread-safe.
 */
final class Places {
    private static final String APP = "android-app://";
    private static final String ANY_DOMAIN = ".**";

    private final Map<String, Place> hosts = new HashMap<>();
    private final Map<String, Place> domains = new HashMap<>();
    private final Map<String, Source> firstLabels = new HashMap<>();
    private final Map<String, Source> apps = new HashMap<>();
    private final ClickMarks marks = new ClickMarks();

    private Places() {}

    /** The built-in lists. */
    static Places builtIn() {
        Places places = new Places();
        List<String> countryDomains = lines("domains.txt");
        for (Source source : List.of(Source.SEARCH, Source.SOCIAL, Source.MAIL, Source.REFERRAL)) {
            lines(source.wireName() + ".txt").forEach(line -> places.add(line, source, countryDomains));
        }
        return places;
    }

    private static List<String> lines(String resource) {
        try (InputStream in = Objects.requireNonNull(Places.class.getResourceAsStream(resource), resource);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Adds a line of a list.
     *
     * @throws IllegalArgumentException when a line before it names the same place or mark
     */
    private void add(String line, Source source, List<String> countryDomains) {
        if (line.startsWith("?")) {
            require(marks.add(line.substring(1), source), line);
        } else if (line.startsWith(APP)) {
            require(apps.put(Ascii.toLowerCase(line.substring(APP.length())), source) == null, line);
        } else if (line.endsWith(ANY_DOMAIN)) {
            String label = line.substring(0, line.length() - ANY_DOMAIN.length());
            require(firstLabels.put(label, source) == null, line);
        } else {
            boolean isDomain = line.startsWith("*.");
            String rest = isDomain ? line.substring(2) : line;
            int slash = rest.indexOf('/');
            String page = slash < 0 ? "" : rest.substring(slash);
            for (String host : expanded(rest.substring(0, rest.length() - page.length()), countryDomains)) {
                Place place = (isDomain ? domains : hosts).computeIfAbsent(host, _ -> new Place());
                require(place.add(page, source), line);
            }
        }
    }

    private static void require(boolean isNew, String line) {
        if (!isNew) {
            throw new IllegalArgumentException("the lists of referrers name '%s' twice".formatted(line));
        }
    }

    private static List<String> expanded(String host, List<String> countryDomains) {
        if (!host.endsWith(".*")) {
            return List.of(host);
        }
        String stem = host.substring(0, host.length() - 2);
        int name = stem.lastIndexOf('.') + 1;
        return countryDomains.stream()
                .filter(domain -> domain.startsWith(stem.substring(name) + "."))
                .map(domain -> stem.substring(0, name) + domain)
                .toList();
    }

    /** The marks of clicks that the lists name. */
    ClickMarks marks() {
        return marks;
    }

    /** The class of the place at this address, or null when no list has it. */
    @Nullable
    Source at(Address address) {
        String host = address.host();
        if (address.app()) {
            return apps.get(host);
        }
        Source source = source(hosts.get(host), address);
        if (source == null && (host.startsWith("www.") || host.startsWith("m."))) {
            source = source(hosts.get(parent(host)), address);
        }
        for (String domain = host; source == null && !domain.isEmpty(); domain = parent(domain)) {
            source = source(domains.get(domain), address);
        }
        return source == null ? byFirstLabel(host) : source;
    }

    private @Nullable Source byFirstLabel(String host) {
        int dot = host.indexOf('.');
        return dot > 0 && host.indexOf('.', dot + 1) > 0 ? firstLabels.get(host.substring(0, dot)) : null;
    }

    private static @Nullable Source source(@Nullable Place place, Address address) {
        return place == null ? null : place.source(address);
    }

    private static String parent(String host) {
        int dot = host.indexOf('.');
        return dot < 0 ? "" : host.substring(dot + 1);
    }

    /** What the lists say of one host: of the pages at some paths, and of all others. */
    private static final class Place {
        private final List<Page> pages = new ArrayList<>();
        private @Nullable Source others;

        boolean add(String page, Source source) {
            if (page.isEmpty()) {
                boolean isNew = others == null;
                others = source;
                return isNew;
            }
            Page added = Page.of(page, source);
            boolean isNew = pages.stream().noneMatch(known -> known.isAs(added));
            pages.add(added);
            return isNew;
        }

        @Nullable
        Source source(Address address) {
            for (Page page : pages) {
                if (page.has(address)) {
                    return page.source();
                }
            }
            return others;
        }
    }

    /**
     * Pages at a path.
     *
     * @param path without a {@code /} at its end
     * @param parameter {@code name=value} that must be in the query, or empty
     */
    private record Page(String path, String parameter, Source source) {
        static Page of(String page, Source source) {
            int mark = page.indexOf('?');
            String path = mark < 0 ? page : page.substring(0, mark);
            String parameter = mark < 0 ? "" : page.substring(mark + 1);
            return new Page(path.endsWith("/") ? path.substring(0, path.length() - 1) : path, parameter, source);
        }

        boolean isAs(Page other) {
            return path.equals(other.path) && parameter.equals(other.parameter);
        }

        boolean has(Address address) {
            String at = address.path();
            return at.startsWith(path)
                    && (at.length() == path.length() || at.charAt(path.length()) == '/')
                    && (parameter.isEmpty() || isParameterOf(address.query()));
        }

        private boolean isParameterOf(String query) {
            for (int at = query.indexOf(parameter); at >= 0; at = query.indexOf(parameter, at + 1)) {
                int end = at + parameter.length();
                if ((at == 0 || query.charAt(at - 1) == '&') && (end == query.length() || query.charAt(end) == '&')) {
                    return true;
                }
            }
            return false;
        }
    }
}
