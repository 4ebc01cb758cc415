package dev.millrace.local.demo;

import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.publisher.Publishers.SigningKey;
import dev.millrace.local.server.JsonClient;
import dev.millrace.local.server.JsonClient.Answer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the panels show: the verdicts of the key, which ingest-api tells to its secret, and the balances of the site's
 * creators, which ledger-service tells to each of them. One reading serves all panels for a second. Thread-safe.
 */
final class LiveFigures {
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration TOKEN_LIFETIME = Duration.ofMinutes(1);
    private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

    /** Lines of the last verdicts. */
    private static final int MOST_LAST = 12;

    private final URI ingest;
    private final URI ledger;
    private final SigningKey key;
    private final BearerMint bearer;
    private final Clock clock;
    private String figures = "";
    private long readAt;

    LiveFigures(URI ingest, URI ledger, SigningKey key, BearerMint bearer, Clock clock) {
        this.ingest = ingest;
        this.ledger = ledger;
        this.key = key;
        this.bearer = bearer;
        this.clock = clock;
    }

    /** As JSON. A part that can't be read has {@code problem} in its place. */
    synchronized String json() throws InterruptedException {
        if (figures.isEmpty() || System.nanoTime() - readAt > FRESH_NANOS) {
            ObjectNode all = JsonMapper.shared().createObjectNode();
            all.set("verdicts", verdicts());
            Map<String, String> creators = new TreeMap<>();
            DemoArticle.ALL.forEach(article -> creators.put(article.creator(), article.byline()));
            for (Map.Entry<String, String> creator : creators.entrySet()) {
                all.withArray("balances").add(balance(creator.getKey(), creator.getValue()));
            }
            figures = all.toString();
            readAt = System.nanoTime();
        }
        return figures;
    }

    private ObjectNode balance(String creator, String name) throws InterruptedException {
        ObjectNode shown =
                JsonMapper.shared().createObjectNode().put("creator", creator).put("name", name);
        String token = bearer.forSubject(creator, clock.instant(), TOKEN_LIFETIME);
        URI address = ledger.resolve("/v1/creators/" + creator + "/balance");
        try {
            Answer answer = ask(address, "Bearer " + token);
            if (answer.status() != OK) {
                return shown.put("problem", "ledger-service: " + answer.detail());
            }
            for (String part : new String[] {"settled", "pending", "total"}) {
                shown.put(part, answer.body().path(part).path("micros").asLong());
            }
            return shown;
        } catch (IOException e) {
            return shown.put("problem", "ledger-service does not answer at " + ledger + ".");
        }
    }

    private ObjectNode verdicts() throws InterruptedException {
        ObjectNode shown = JsonMapper.shared().createObjectNode();
        String credentials = key.kid() + ":" + key.secret();
        try {
            Answer answer = ask(
                    ingest.resolve("/v1/verdicts"),
                    "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
            if (answer.status() == NOT_FOUND) {
                return shown.put("problem", "This ingest-api tells no verdicts of a key.");
            }
            if (answer.status() != OK) {
                return shown.put("problem", "ingest-api: " + answer.detail());
            }
            shown.set("counts", counts(answer.body().path("hours")));
            answer.body()
                    .path("last")
                    .valueStream()
                    .limit(MOST_LAST)
                    .forEach(one -> shown.withArray("last").add(last(one)));
            shown.set("warnings", answer.body().path("warnings"));
            return shown;
        } catch (IOException e) {
            return shown.put("problem", "ingest-api does not answer at " + ingest + ".");
        }
    }

    /** Sums over the hours: {@code {"accepted":12,"duplicate":3,"filtered robot":2,"rejected token-expired":1}}. */
    private static ObjectNode counts(JsonNode hours) {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (String status : new String[] {"accepted", "duplicate", "filtered", "rejected"}) {
            hours.valueStream().map(hour -> hour.path(status)).forEach(found -> {
                found.properties()
                        .forEach(reason -> counts.merge(
                                status + " " + reason.getKey(),
                                reason.getValue().asLong(),
                                Long::sum));
                if (found.isNumber()) {
                    counts.merge(status, found.asLong(), Long::sum);
                }
            });
        }
        ObjectNode shown = JsonMapper.shared().createObjectNode();
        counts.forEach(shown::put);
        return shown;
    }

    private static ObjectNode last(JsonNode one) {
        String status = one.path("status").asString("");
        String why = one.path("reason").asString(one.path("code").asString(""));
        return JsonMapper.shared()
                .createObjectNode()
                .put("at", one.path("at").asString(""))
                .put("type", one.path("type").asString(""))
                .put("verdict", (status + " " + why).strip())
                .put("count", one.path("count").asLong(1));
    }

    private static Answer ask(URI address, String authorization) throws IOException, InterruptedException {
        return JsonClient.send(HttpRequest.newBuilder(address).timeout(TIMEOUT).header("Authorization", authorization));
    }
}
