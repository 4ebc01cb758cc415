package dev.millrace.lab.path;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * An independent count of what a replay of an access log must pay, written from the rules as they are stated and sharing
 * no code with the replay.
 *
 * @param pageViews by people, repeats included
 * @param robots page views by robots
 * @param visits distinct page views: what is paid
 * @param views paid views of each creator
 */
record LogCount(long pageViews, long robots, long visits, Map<String, Long> views) {
    private static final Pattern LINE = Pattern.compile(
            "(\\S+) \\S+ \\S+ \\[([^]]+)] \"([A-Z]+) (\\S+)[^\"]*\" (\\d{3}) \\S+ \"(?:[^\"\\\\]|\\\\.)*\" \"((?:[^\"\\\\]|\\\\.)*)\".*");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss xx", Locale.ENGLISH);

    /** Extensions of files in the log that the test replays; any other dot is part of a page's name. */
    private static final Pattern FILE = Pattern.compile(
            ".*\\.(png|css|ico|jpg|jpeg|txt|js|gif|jar|ttf|xml|pdf|py|pyc|svg|log|exe|xsl|c|cpp|conf|gz|sh|woff|tex|swf|lua|doc"
                    + "|vim|spec|pcap|mk|markdown|m4|java|gem)",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern ESCAPE = Pattern.compile("%(\\p{XDigit}{2})");
    private static final Pattern ROBOT = Pattern.compile("bot|crawl|spider|slurp|feed", Pattern.CASE_INSENSITIVE);
    private static final int LONGEST_ARTICLE = 128;
    private static final int HALF_HOUR = 1_800;

    static LogCount of(Path log, int creators) throws IOException {
        long pageViews = 0;
        long robots = 0;
        Set<List<Object>> visits = new HashSet<>();
        Map<String, Long> views = new TreeMap<>();
        for (String line : Files.readAllLines(log, StandardCharsets.UTF_8)) {
            Matcher entry = LINE.matcher(line);
            if (!entry.matches() || !isPageView(entry)) {
                continue;
            }
            String agent = entry.group(6);
            if (ROBOT.matcher(agent).find()) {
                robots++;
                continue;
            }
            pageViews++;
            String article = article(entry);
            long window = ZonedDateTime.parse(entry.group(2), TIME).toEpochSecond() / HALF_HOUR;
            if (article.length() <= LONGEST_ARTICLE && visits.add(List.of(entry.group(1), agent, article, window))) {
                views.merge(creator(article, creators), 1L, Long::sum);
            }
        }
        return new LogCount(pageViews, robots, visits.size(), views);
    }

    private static boolean isPageView(Matcher entry) {
        String status = entry.group(5);
        return entry.group(3).equals("GET")
                && (status.equals("200") || status.equals("304"))
                && !FILE.matcher(article(entry)).matches();
    }

    private static String article(Matcher entry) {
        String path = entry.group(4).replaceFirst("[?#;].*", "");
        return ESCAPE.matcher(path).replaceAll(escape -> {
            String octet = Character.toString(Integer.parseInt(escape.group(1), 16));
            return octet.matches("[A-Za-z0-9._~-]") ? octet : escape.group().toUpperCase(Locale.ROOT);
        });
    }

    private static String creator(String article, int creators) {
        CRC32 crc = new CRC32();
        crc.update(article.getBytes(StandardCharsets.UTF_8));
        return "creator-" + crc.getValue() % creators;
    }
}
