package dev.millrace.local.server;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks our services for JSON. */
public final class JsonClient {
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private JsonClient() {}

    /** @param body an empty object where the answer is no JSON */
    public record Answer(int status, HttpHeaders headers, JsonNode body) {
        /** Why a problem came about, in the server's words. */
        public String detail() {
            return body.path("detail").asString(body.path("title").asString("nothing more"));
        }
    }

    public static Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        var response = CLIENT.send(request.build(), BodyHandlers.ofString());
        JsonNode body;
        try {
            body = JsonMapper.shared().readTree(response.body());
        } catch (JacksonException e) {
            body = JsonMapper.shared().createObjectNode();
        }
        return new Answer(response.statusCode(), response.headers(), body);
    }
}
