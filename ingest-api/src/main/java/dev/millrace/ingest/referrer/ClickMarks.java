package dev.millrace.ingest.referrer;

import com.google.common.base.Ascii;
import dev.millrace.common.token.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parameters that advertisers and social networks add to a link, and what each says of the reader who follows it. */
final class ClickMarks {
    private final Map<String, List<Mark>> marks = new HashMap<>();

    /**
     * Adds a mark, unless one before it covers it.
     *
     * @param parameter {@code name}, {@code name=value} or {@code name=beginning*}, in lower case
     * @return whether it is new
     */
    boolean add(String parameter, Source source) {
        Mark mark = Mark.of(parameter, source);
        List<Mark> named = marks.computeIfAbsent(mark.name(), _ -> new ArrayList<>());
        return named.stream().noneMatch(known -> known.covers(mark)) && named.add(mark);
    }

    /**
     * The class of the first mark in an address's query, or null. A redirect's query may hold an address, escaped or not: its
     * marks count too.
     */
    @Nullable
    Source in(String query) {
        String open = query.indexOf('%') < 0 ? query : unescaped(query);
        for (int start = 0; start < open.length(); ) {
            int end = parameterEnd(open, start);
            Source source = markedBy(open, start, end);
            if (source != null) {
                return source;
            }
            start = end + 1;
        }
        return null;
    }

    private static int parameterEnd(String query, int start) {
        for (int i = start; i < query.length(); i++) {
            char c = query.charAt(i);
            if (c == '&' || c == '?') {
                return i;
            }
        }
        return query.length();
    }

    private @Nullable Source markedBy(String query, int start, int end) {
        int equals = query.indexOf('=', start, end);
        if (equals < 0) {
            return null;
        }
        List<Mark> named = marks.get(Ascii.toLowerCase(query.substring(start, equals)));
        if (named == null) {
            return null;
        }
        String value = Ascii.toLowerCase(query.substring(equals + 1, end));
        return named.stream()
                .filter(mark -> mark.isIn(value))
                .map(Mark::source)
                .findFirst()
                .orElse(null);
    }

    private static String unescaped(String query) {
        return query.replace("%3F", "?")
                .replace("%3f", "?")
                .replace("%26", "&")
                .replace("%3D", "=")
                .replace("%3d", "=");
    }

    /**
     * A parameter that says by what kind of click a reader came.
     *
     * @param name in lower case
     * @param value in lower case; what it begins with where {@code open}
     */
    private record Mark(String name, String value, boolean open, Source source) {
        static Mark of(String parameter, Source source) {
            int equals = parameter.indexOf('=');
            if (equals < 0) {
                return new Mark(parameter, "", true, source);
            }
            String value = parameter.substring(equals + 1);
            boolean open = value.endsWith("*");
            return new Mark(
                    parameter.substring(0, equals),
                    open ? value.substring(0, value.length() - 1) : value,
                    open,
                    source);
        }

        boolean covers(Mark other) {
            return open ? other.value.startsWith(value) : !other.open && other.value.equals(value);
        }

        boolean isIn(String given) {
            return !given.isEmpty() && (open ? given.startsWith(value) : given.equals(value));
        }
    }
}
