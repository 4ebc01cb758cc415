package dev.millrace.ingest.verify;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads a token's header or payload: one JSON object (RFC 8259) in which no name occurs twice, and nothing after it. */
final class TokenJson {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    private TokenJson() {}

    /**
     * @param part what is read, for the message
     */
    static Map<String, JsonNode> object(String part, String json) throws MalformedToken {
        try (JsonParser parser = MAPPER.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedToken("the token's %s is not a JSON object".formatted(part));
            }
            Map<String, JsonNode> fields = new LinkedHashMap<>();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                fields.put(name, parser.readValueAsTree());
            }
            if (parser.nextToken() != null) {
                throw new MalformedToken("the token's %s goes on after its JSON object".formatted(part));
            }
            return fields;
        } catch (JacksonException e) {
            throw new MalformedToken(
                    "the token's %s is not a JSON object: %s".formatted(part, Shown.message(e.getOriginalMessage())));
        }
    }
}
