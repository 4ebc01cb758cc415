package dev.millrace.ledger.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.RunningLedger;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class OpenApiIT {
    private final RunningLedger ledger = RunningLedger.shared();

    @Test
    void everyEndpointIsDescribedWithItsProblems() {
        JsonNode api = ledger.get("/openapi", "").json();
        List<String> operations = new ArrayList<>();
        api.get("paths")
                .propertyStream()
                .forEach(path -> path.getValue()
                        .propertyStream()
                        .forEach(operation -> operations.add(operation.getKey() + " " + path.getKey())));
        assertThat(operations)
                .containsExactlyInAnyOrder(
                        "get /v1/creators/{creator}/balance",
                        "get /v1/creators/{creator}/balance/stream",
                        "get /v1/creators/{creator}/entries",
                        "get /v1/creators/{creator}/engagement",
                        "get /v1/publishers/{publisher}/balance",
                        "get /v1/publishers/{publisher}/spend",
                        "get /v1/publishers/{publisher}/statements/{month}",
                        "get /v1/publishers/{publisher}/verdicts",
                        "get /v1/publishers/{publisher}/verdicts/last",
                        "get /v1/changes",
                        "get /v1/creators/{creator}/payouts",
                        "get /v1/publishers/{publisher}/corrections",
                        "post /v1/publishers/{publisher}/corrections",
                        "get /v1/publishers/{publisher}/corrections/{id}",
                        "get /v1/admin/corrections",
                        "get /v1/admin/corrections/{id}",
                        "post /v1/admin/corrections",
                        "get /v1/admin/payouts",
                        "post /v1/admin/payouts",
                        "post /v1/admin/payouts/{id}/paid",
                        "post /v1/admin/payouts/{id}/failed",
                        "get /v1/admin/creators",
                        "get /v1/admin/creators/{creator}",
                        "patch /v1/admin/creators/{creator}",
                        "get /v1/admin/audit",
                        "get /v1/admin/publishers",
                        "post /v1/admin/publishers",
                        "get /v1/admin/publishers/{publisher}",
                        "patch /v1/admin/publishers/{publisher}",
                        "get /v1/publishers/{publisher}/creators",
                        "put /v1/publishers/{publisher}/creators/{creator}",
                        "delete /v1/publishers/{publisher}/creators/{creator}",
                        "get /v1/admin/publishers/{publisher}/keys",
                        "post /v1/admin/publishers/{publisher}/keys",
                        "delete /v1/admin/publishers/{publisher}/keys/{number}",
                        "get /v1/publishers/{publisher}/keys",
                        "post /v1/publishers/{publisher}/keys",
                        "delete /v1/publishers/{publisher}/keys/{number}",
                        "get /v1/admin/rates",
                        "delete /v1/admin/rates/{version}",
                        "post /v1/admin/rates");
        JsonNode responses = api.at("/paths/~1v1~1creators~1{creator}~1balance/get/responses");
        assertThat(responses.propertyNames())
                .containsExactlyInAnyOrder("200", "400", "401", "403", "404", "500", "503");
        assertThat(responses.at("/404/description").asString()).contains("creator-unknown");
        assertThat(responses.at("/503/content").has("application/problem+json")).isTrue();
        assertThat(api.at("/paths/~1v1~1admin~1rates/post/responses").has("201"))
                .isTrue();
        assertThat(api.at("/paths/~1v1~1admin~1rates/post/responses").has("200"))
                .isFalse();
        assertThat(api.at("/paths/~1v1~1admin~1rates/post/responses/400/description")
                        .asString())
                .contains("parameter-unknown");
        assertThat(responses.at("/400/description").asString()).doesNotContain("parameter-unknown");
        JsonNode dryRun = api.at("/paths/~1v1~1admin~1corrections/post/parameters")
                .valueStream()
                .filter(parameter -> parameter.get("name").asString().equals("dry-run"))
                .findFirst()
                .orElseThrow();
        assertThat(dryRun.at("/schema/type").asString()).isEqualTo("boolean");
        assertThat(api.at("/components/securitySchemes/bearer/scheme").asString())
                .isEqualTo("bearer");
        assertThat(api.at("/components/schemas/Balance/properties").propertyNames())
                .containsExactlyInAnyOrder(
                        "creator",
                        "currency",
                        "settled",
                        "pending",
                        "total",
                        "available",
                        "held",
                        "underWay",
                        "asOf",
                        "settledThrough");
        assertThat(api.at("/components/schemas/Amount/properties/micros/type").toString())
                .isEqualTo("[\"integer\",\"string\"]");
        assertThat(api.at("/components/schemas/CorrectionRequest/required").toString())
                .isEqualTo("[\"reason\"]");
        assertThat(api.at("/components/schemas/PayoutRequest").has("required")).isFalse();
        assertThat(api.at("/components/schemas/NewState/required").toString()).isEqualTo("[\"state\"]");
        JsonNode stream = api.at("/paths/~1v1~1creators~1{creator}~1balance~1stream/get");
        assertThat(stream.get("parameters").size()).isEqualTo(1);
        assertThat(stream.at("/responses").propertyNames())
                .containsExactlyInAnyOrder("200", "400", "401", "403", "404", "429", "500", "503");
        assertThat(stream.at("/responses/200/content").propertyNames()).containsExactly("text/event-stream");
        for (String list : List.of("entries", "engagement")) {
            assertThat(api.at("/paths/~1v1~1creators~1{creator}~1%s/get/responses".formatted(list))
                            .has("429"))
                    .isTrue();
        }
        assertThat(api.at("/components/schemas/Entry/properties").propertyNames())
                .containsExactlyInAnyOrder("id", "journal", "at", "kind", "publisher", "micros", "amount");
        assertThat(api.at("/components/schemas/ChangedArticle/properties/units/type")
                        .asString())
                .isEqualTo("object");
        assertThat(api.at("/components/schemas/BudgetLeft/properties").propertyNames())
                .containsExactlyInAnyOrder("limit", "left");
        assertThat(api.at("/components/schemas/SpendRow/required").valueStream().map(JsonNode::asString))
                .containsExactlyInAnyOrder("units", "micros", "amount", "corrected", "filtered");
        assertThat(api.at("/components/schemas/Filtered/required").valueStream().map(JsonNode::asString))
                .containsExactlyInAnyOrder("reason", "type", "units", "micros");
        for (String holder : List.of("Article", "SpendRow", "SpendTotal", "PaidRow", "MonthlyStatement", "Page")) {
            assertThat(api.at("/components/schemas/%s/properties/filtered/items/$ref".formatted(holder))
                            .asString())
                    .as(holder)
                    .isEqualTo("#/components/schemas/Filtered");
        }
        JsonNode article = api.at("/components/schemas/Article");
        assertThat(article.get("required").valueStream().map(JsonNode::asString))
                .containsExactlyInAnyOrder(
                        "article", "publisher", "type", "units", "micros", "amount", "corrected", "filtered");
        assertThat(article.get("properties").propertyNames()).contains("sources", "sessions");
        assertThat(api.at("/components/schemas/Sessions/properties").propertyNames())
                .containsExactlyInAnyOrder("count", "views", "readSeconds");
        JsonNode statement = api.at("/paths/~1v1~1publishers~1{publisher}~1statements~1{month}/get");
        assertThat(statement.at("/responses/200/content").propertyNames())
                .containsExactlyInAnyOrder("application/json", "text/csv");
        assertThat(api.at("/components/schemas/MonthlyStatement/properties").has("final"))
                .isTrue();
    }

    @Test
    void thePageComesFromTheServiceItself() {
        var docs = ledger.get("/docs", "");
        assertThat(docs.status()).isEqualTo(302);
        var page = ledger.get(docs.header("Location"), "");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.text()).doesNotContain("http://").doesNotContain("https://");
        var setup = ledger.get("/swagger-ui/swagger-initializer.js", "");
        assertThat(setup.text()).contains("/openapi").doesNotContain("petstore");
        assertThat(ledger.get("/swagger-ui/swagger-ui-bundle.js", "").status()).isEqualTo(200);
        assertThat(ledger.get("/openapi/swagger-config", "").text()).contains("/openapi");
    }

    /** As a client that was generated from the description would. */
    @Test
    void whatTheDescriptionSaysIsTaken() {
        JsonNode schemas = ledger.get("/openapi", "").json().at("/components/schemas");
        assertThat(schemas.at("/NewRate/required").valueStream().map(JsonNode::asString))
                .containsExactlyInAnyOrder("micros", "cap");
        assertThat(schemas.at("/NewRate/properties/micros/type").asString()).isEqualTo("integer");
        assertThat(schemas.at("/NewRate/properties/micros/format").asString()).isEqualTo("int64");
        assertThat(schemas.at("/Balance/required").size())
                .isEqualTo(schemas.at("/Balance/properties").size());
        assertThat(schemas.at("/Key/required").valueStream().map(JsonNode::asString))
                .containsExactlyInAnyOrder("kid", "createdAt", "master");
        assertThat(schemas.at("/Publisher/properties").propertyNames()).contains("pageTokens", "sites", "filters");
        JsonNode change = schemas.at("/PublisherChange/properties");
        assertThat(change.at("/pageTokens/type").asString()).isEqualTo("boolean");
        assertThat(change.at("/sites/items/type").asString()).isEqualTo("string");
        assertThat(change.at("/sites/maxItems").asInt()).isEqualTo(100);
        assertThat(change.at("/filters/additionalProperties/type").asString()).isEqualTo("boolean");
        String rate = example(schemas.get("NewRate")).toString();
        var made = ledger.post(
                "/v1/admin/rates",
                RunningLedger.admin(),
                "{\"effectiveAt\":\"2040-01-01T00:00:00Z\",\"rates\":{\"view\":%s}}".formatted(rate));
        assertThat(made.status()).as(rate + " " + made.text()).isEqualTo(201);
    }

    private static JsonNode example(JsonNode schema) {
        ObjectNode example = JsonMapper.shared().createObjectNode();
        schema.get("required").valueStream().map(JsonNode::asString).forEach(name -> {
            JsonNode field = schema.at("/properties/" + name);
            switch (field.get("type").asString()) {
                case "integer" -> example.put(name, field.get("example").asLong());
                case "string" -> example.put(name, field.get("example").asString());
                default -> throw new AssertionError(field.toString());
            }
        });
        return example;
    }

    @Test
    void anotherLanguageCostsNothing() {
        assertThat(ledger.send(ledger.request("/openapi", "").header("Accept-Language", "de"))
                        .text())
                .isEqualTo(ledger.get("/openapi", "").text());
    }
}
