package dev.millrace.local.replay;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * What the log of a web server says about page views.
 *
 * @param creators how many creators the articles are spread over, at least 1
 */
record PageViews(int creators) {
    private static final Pattern ROBOT = Pattern.compile("bot|crawl|spider|slurp|feed", Pattern.CASE_INSENSITIVE);
    private static final List<String> PAGES = List.of(".html", ".htm", ".xhtml", ".php");

    /** A GET with status 200 or 304 of a path whose last segment has no dot or ends as a page does. */
    static boolean isPageView(LogEntry entry) {
        return entry.method().equals("GET") && (entry.status() == 200 || entry.status() == 304) && isPage(entry.path());
    }

    static boolean isRobot(LogEntry entry) {
        return ROBOT.matcher(entry.agent()).find();
    }

    /** {@code creator-<CRC32 of the article's UTF-8 bytes mod N>}. */
    String creatorOf(String article) {
        CRC32 crc = new CRC32();
        crc.update(article.getBytes(StandardCharsets.UTF_8));
        return "creator-" + crc.getValue() % creators;
    }

    private static boolean isPage(String path) {
        String segment = path.substring(path.lastIndexOf('/') + 1);
        return segment.indexOf('.') < 0 || PAGES.stream().anyMatch(segment::endsWith);
    }
}
