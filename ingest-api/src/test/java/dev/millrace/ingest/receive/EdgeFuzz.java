package dev.millrace.ingest.receive;

import com.google.errorprone.annotations.FormatMethod;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.tally.RecordedRedis;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Genuine;
import dev.millrace.ingest.verify.Tokens;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Fuzz target: any bytes under any content type get a well-formed answer of a documented status, and nothing but genuine,
 * priced events reaches Redis ({@link RecordedRedis} stands in its place).
 *
 * <p>An input's first byte chooses the headers; in the rest, the body, {@code @0} to {@code @9} stand for tokens: good,
 * revoked, expired and others. Where the first byte asks for it, the body's first line is the content type.
 */
public final class EdgeFuzz {
    private static final long NOW = 2_000_000;
    private static final Set<Integer> DOCUMENTED = Set.of(202, 400, 413, 415, 422);
    private static final List<String> CONTENT_TYPES = List.of(
            "application/json",
            "application/x-ndjson",
            "text/plain",
            "text/plain;charset=UTF-8",
            "APPLICATION/JSON;charset=iso-8859-1",
            "application/octet-stream",
            "");
    private static final int GIVEN_TYPE = 7;
    private static final int MINIMAL = 8;

    private static final String ALL =
            ",\"evt\":[\"view\",\"read\",\"scroll\",\"reaction\",\"comment\",\"search_visit\"]";
    private static final List<String> TOKENS = List.of(
            Tokens.signed(claims("c-0", "/a", "0", NOW - 3_000, NOW + 3_000, "")),
            signed("other.1", claims("c-1", "/b", "1", NOW - 2_000, NOW + 1, ALL + ",\"qty\":7")),
            signed("demo.2", claims("c-2", "/a", "2", NOW - 2, NOW + 60, "")),
            signed("demo.9", claims("c-3", "/a", "3", NOW - 2, NOW + 60, "")),
            Tokens.signed(claims("c-4", "/a", "4", NOW - 60, NOW, "")),
            Tokens.signed(claims("c-5", "/a", "5", NOW + 63, NOW + 120, "")),
            Tokens.signed(claims("c-6", "/a", "6", NOW, NOW + 7_201, "")),
            Tokens.signed(claims("c-7", "/a", "7", NOW, NOW + 7_200, ALL)),
            signed(
                    "demo.3",
                    claims(
                            "c-8",
                            "|view|1|\ud83d\ude00".repeat(10),
                            "8",
                            NOW - 1,
                            NOW + 60,
                            ALL + ",\"qty\":2147483647")),
            Tokens.signed(claims("c-9", "/a", "0", NOW - 30, NOW + 60, "")));

    private static final MeterRegistry METERS = new SimpleMeterRegistry();
    private static final RecordedRedis REDIS = new RecordedRedis(Tokens.CATALOG, NOW);
    private static final EventsServlet EDGE = edge();

    private EdgeFuzz() {}

    private static EventsServlet edge() {
        IngestSettings settings = new IngestSettings(
                "",
                URI.create("redis://127.0.0.1:1"),
                Duration.ofHours(2),
                Duration.ofMinutes(130),
                Duration.ofDays(32),
                Set.of("like", "love", "clap"),
                Duration.ofMinutes(5),
                16_384,
                4_096,
                1_000,
                Duration.ofMillis(500),
                Duration.ofSeconds(1),
                Duration.ofHours(1));
        EventVerifier verifier = new EventVerifier(
                Tokens.MASTER_KEY, settings.tokenLifetime(), settings.reactions(), settings.redisPatience());
        Reception reception =
                new Reception(verifier, REDIS.counters(), REDIS.tally(settings, METERS), new EventMeters(METERS));
        return new EventsServlet(reception, new Admission(1), METERS);
    }

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        int chosen = input[0] & GIVEN_TYPE;
        int from = chosen == GIVEN_TYPE ? afterLine(input) : 1;
        String type = chosen == GIVEN_TYPE
                ? new String(input, 1, Math.max(0, from - 2), StandardCharsets.ISO_8859_1)
                : CONTENT_TYPES.get(chosen);
        boolean minimal = (input[0] & MINIMAL) != 0;
        byte[] body = withTokens(Arrays.copyOfRange(input, Math.min(from, input.length), input.length));
        MockHttpServletRequest request = new MockHttpServletRequest("POST", EventsServlet.PATH);
        request.setContent(body);
        if (!type.isEmpty()) {
            request.setContentType(type);
        }
        request.addHeader("Prefer", minimal ? "return=minimal" : "respond-async");
        MockHttpServletResponse response = new MockHttpServletResponse();
        EDGE.service(request, response);
        requireWellFormed(response, body, minimal);
    }

    private static void requireWellFormed(MockHttpServletResponse response, byte[] body, boolean minimal)
            throws Exception {
        int counted = REDIS.counted();
        String text = response.getContentAsString(StandardCharsets.UTF_8);
        that(DOCUMENTED.contains(response.getStatus()), "status %d: %s", response.getStatus(), text);
        JsonNode answer = JsonMapper.shared().readTree(text);
        int accepted = answer.path("accepted").asInt(0);
        that(counted == accepted, "%d events reached Redis as new, the answer is %s", counted, text);
        if (response.getStatus() == 202) {
            that("application/json".equals(response.getContentType()), "content type of %s", text);
            requireResults(answer, new String(body, StandardCharsets.UTF_8), minimal);
        } else {
            that(
                    "application/problem+json".equals(response.getContentType())
                            && answer.get("status").asInt() == response.getStatus()
                            && answer.get("code").asString().matches("[a-z-]+")
                            && !answer.get("detail").asString().isEmpty(),
                    "problem %s",
                    text);
        }
    }

    private static void requireResults(JsonNode answer, String body, boolean minimal) {
        int accepted = answer.get("accepted").asInt();
        int duplicate = answer.get("duplicate").asInt();
        int rejected = answer.get("rejected").asInt();
        List<Event> events = EventReader.readText(body);
        that(accepted + duplicate >= 1 && accepted + duplicate + rejected == events.size(), "counts %s", answer);
        that(answer.has("results") != minimal, "results %s", answer);
        int at = 0;
        for (JsonNode result : answer.path("results")) {
            if (result.get("status").asString().equals("rejected")) {
                rejected--;
                that(!result.get("code").asString().isEmpty(), "result %s", result);
            } else {
                Genuine.require(events.get(at), Tokens.CATALOG, NOW);
                accepted -= result.get("status").asString().equals("accepted") ? 1 : 0;
            }
            at++;
        }
        that(minimal || (accepted == 0 && rejected == 0 && at == events.size()), "results %s", answer);
    }

    private static byte[] withTokens(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < body.length; i++) {
            boolean isToken = body[i] == '@' && i + 1 < body.length && body[i + 1] >= '0' && body[i + 1] <= '9';
            if (isToken) {
                out.writeBytes(TOKENS.get(body[++i] - '0').getBytes(StandardCharsets.US_ASCII));
            } else {
                out.write(body[i]);
            }
        }
        return out.toByteArray();
    }

    private static int afterLine(byte[] input) {
        int at = 1;
        while (at < input.length && input[at] != '\n') {
            at++;
        }
        return at + 1;
    }

    private static String claims(String creator, String article, String jti, long iat, long exp, String more) {
        return "{\"sub\":\"%s\",\"art\":\"%s\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d%s}"
                .formatted(creator, article, jti, iat, exp, more);
    }

    private static String signed(String kid, String claims) {
        return Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"" + kid + "\"}", claims, kid);
    }

    @FormatMethod
    private static void that(boolean holds, String what, Object... values) {
        if (!holds) {
            throw new AssertionError(what.formatted(values));
        }
    }
}
