package dev.millrace.ledger.balance;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogJson;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The publishers of the catalogue in Redis: those whose tokens ingest nodes take. The database may know fewer, when it was
 * restored to an older state. Thread-safe; a text is parsed once for as long as it does not change.
 */
final class PublishersInForce {
    private volatile @Nullable Parsed last;

    private record Parsed(String text, List<String> publishers) {}

    /**
     * The publishers.
     *
     * @param text what the key holds; null: nothing, and nobody's tokens are taken because of it
     * @throws Unreadable when it is no catalogue, so that the publishers are not known
     */
    List<String> of(@Nullable String text) throws Unreadable {
        if (text == null) {
            return List.of();
        }
        Parsed known = last;
        if (known == null || !known.text().equals(text)) {
            known = new Parsed(text, parsed(text));
            last = known;
        }
        return known.publishers();
    }

    private static List<String> parsed(String text) throws Unreadable {
        try {
            Catalog catalog = Optional.ofNullable(CatalogJson.read(text))
                    .orElseThrow(() -> new IllegalArgumentException("the key 'catalog' holds null"));
            return List.copyOf(catalog.publishers().keySet());
        } catch (IllegalArgumentException e) {
            throw new Unreadable("the catalogue in force can't be read", String.valueOf(e.getMessage()));
        }
    }
}
