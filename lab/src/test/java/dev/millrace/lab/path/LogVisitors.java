package dev.millrace.lab.path;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Who has read which page when, by an access log. */
final class LogVisitors {
    private static final Pattern LINE = Pattern.compile(
            "(\\S+) \\S+ \\S+ \\[([^]]+)] \"GET (\\S+)[^\"]*\" (?:200|304) \\S+ \"((?:[^\"\\\\]|\\\\.)*)\" \"((?:[^\"\\\\]|\\\\.)*)\".*");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss xx", Locale.ENGLISH);
    private static final Pattern FILE = Pattern.compile(".*\\.\\w{2,5}");
    private static final int LONGEST_ARTICLE = 128;

    private LogVisitors() {}

    /** @param visitor a hash of address and user agent */
    record PageView(
            String visitor,
            long second,
            String article,
            @Nullable String referrer,
            String userAgent) {}

    /** The page views in the order of their times. */
    static List<PageView> of(Path log) throws IOException {
        List<PageView> views = new ArrayList<>();
        for (String line : Files.readAllLines(log, StandardCharsets.UTF_8)) {
            Matcher entry = LINE.matcher(line);
            if (!entry.matches()) {
                continue;
            }
            String article = entry.group(3).replaceFirst("[?#].*", "");
            if (article.length() <= LONGEST_ARTICLE && !FILE.matcher(article).matches()) {
                String agent = entry.group(5);
                views.add(new PageView(
                        Hashing.sha256()
                                .hashString(entry.group(1) + "\n" + agent, StandardCharsets.UTF_8)
                                .toString(),
                        ZonedDateTime.parse(entry.group(2), TIME).toEpochSecond(),
                        article,
                        entry.group(4).equals("-") ? null : entry.group(4),
                        agent));
            }
        }
        views.sort(Comparator.comparingLong(PageView::second));
        return views;
    }
}
