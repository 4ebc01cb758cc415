package dev.millrace.local.demo;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A text of the site, as a resource has it: lines {@code name: value}, an empty line, then paragraphs with an empty line
 * between them. A paragraph may be a heading ({@code ## }), and hold links {@code [text](path)} and {@code `code`}.
 *
 * @param path of its page, which is the article's id for Millrace too
 * @param creator who earns; empty for a page that counts nothing
 * @param byline the creator's name
 * @param cached whether caches keep its page, which then has a page token
 * @param html of the text
 */
record DemoArticle(
        String path, String title, String creator, String byline, String summary, boolean cached, String html) {
    /** In the order of the front page. */
    static final List<DemoArticle> ALL = List.of(
            read("/articles/what-a-millrace-is"),
            read("/articles/counting-a-visitor-once"),
            read("/articles/the-last-cent"),
            read("/articles/who-reads-at-night"),
            read("/articles/one-page-for-everyone"));

    /** The page that the bot's user agent names. */
    static final DemoArticle BOT = read("/bot");

    private static DemoArticle read(String path) {
        String text = Resources.text(path.substring(path.lastIndexOf('/') + 1) + ".txt");
        String[] parts = text.split("\n\n", 2);
        Map<String, String> head = parts[0].lines()
                .map(line -> line.split(": ", 2))
                .collect(Collectors.toMap(field -> field[0], field -> field[1]));
        return new DemoArticle(
                path,
                head.getOrDefault("title", ""),
                head.getOrDefault("creator", ""),
                head.getOrDefault("byline", ""),
                head.getOrDefault("summary", ""),
                head.getOrDefault("token", "").equals("page"),
                Arrays.stream(parts[1].strip().split("\n\n", -1))
                        .map(DemoArticle::block)
                        .collect(Collectors.joining("\n")));
    }

    boolean isCounted() {
        return !creator.isEmpty();
    }

    private static String block(String paragraph) {
        String name = paragraph.startsWith("## ") ? "h2" : "p";
        String text = Resources.escaped(name.equals("h2") ? paragraph.substring(3) : paragraph)
                .replaceAll("\\[([^]]+)]\\((/[a-z/-]+)\\)", "<a href=\"$2\">$1</a>")
                .replaceAll("`([^`]+)`", "<code>$1</code>");
        return "<%1$s>%2$s</%1$s>".formatted(name, text);
    }
}
