package dev.millrace.common.catalog;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The JSON of a catalogue; {@link SignedCatalog} is what stands in Redis. */
public final class CatalogJson {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private CatalogJson() {}

    public static String write(Catalog catalog) {
        return MAPPER.writeValueAsString(catalog);
    }

    /**
     * @throws IllegalArgumentException when the text is no catalogue
     */
    public static Catalog read(String json) {
        @Nullable Catalog catalog;
        try {
            catalog = MAPPER.readValue(json, Catalog.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("the key 'catalog' holds no catalogue: " + e.getOriginalMessage(), e);
        }
        if (catalog == null) {
            throw new IllegalArgumentException("the key 'catalog' holds no catalogue: it is null");
        }
        return catalog;
    }
}
