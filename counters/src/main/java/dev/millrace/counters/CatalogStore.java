package dev.millrace.counters;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The catalogue's text in Redis, and its revision beside it, so that who follows it reads the text only when it has changed. What the text
 * says is not looked at here: it is signed. Thread-safe.
 */
public final class CatalogStore {
    /** The signed text. */
    public static final String TEXT = "catalog";

    /** Its revision, decimal; on the same slot of a cluster. */
    public static final String REVISION = "{catalog}:revision";

    private static final Script PUBLISH = new Script("publish.lua");

    private CatalogStore() {}

    /** The revision as text; empty where there is none. */
    public static CompletableFuture<Optional<String>> revision(Link link) {
        return get(link, REVISION);
    }

    /** The signed text; empty where there is none. */
    public static CompletableFuture<Optional<String>> text(Link link) {
        return get(link, TEXT);
    }

    /** The signed text, waiting for it. */
    public static Optional<String> textNow(Link link) {
        return link.await(text(link));
    }

    /** The revision as text, waiting for it. */
    public static Optional<String> revisionNow(Link link) {
        return link.await(revision(link));
    }

    /**
     * Publishes a text if the one that the caller has read is still there.
     *
     * @param before the text that the caller has read, null for none
     * @return whether it was
     */
    public static boolean publish(Link link, @Nullable String before, String text, long revision) {
        List<Object> reply = PUBLISH.run(link, List.of(TEXT, REVISION), before == null ? "" : before, text, revision);
        return Link.text(reply.getFirst()).equals("published");
    }

    private static CompletableFuture<Optional<String>> get(Link link, String key) {
        return link.own(link.connection().async().get(Link.bytes(key)))
                .thenApply(bytes -> Optional.ofNullable(bytes).map(Link::text));
    }
}
