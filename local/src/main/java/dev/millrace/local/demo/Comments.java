package dev.millrace.local.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The readers' comments, in memory: they end with the demo. Thread-safe. */
final class Comments {
    /** Comments that an article keeps; the oldest go first. */
    private static final int MOST = 100;

    private final Map<String, List<Comment>> byPath = new ConcurrentHashMap<>();

    /**
     * A comment.
     *
     * @param verdict what Millrace said of its event
     */
    record Comment(String text, int words, String verdict) {}

    /** The oldest first. */
    List<Comment> of(DemoArticle article) {
        return byPath.getOrDefault(article.path(), List.of());
    }

    void add(DemoArticle article, Comment comment) {
        byPath.merge(article.path(), List.of(comment), (before, added) -> {
            List<Comment> all = new ArrayList<>(before);
            all.addAll(added);
            return List.copyOf(all.subList(Math.max(0, all.size() - MOST), all.size()));
        });
    }
}
