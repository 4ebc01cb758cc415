package dev.millrace.local.command;

import dev.millrace.common.message.Printable;
import dev.millrace.common.money.Micros;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.server.JsonClient;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code millrace check}. */
@CommandLine.Command(
        name = "check",
        description = {
            "Say what would become of an event with this token, and why. Nothing is counted.",
            "The exit code is 1 where the event would be rejected."
        })
public final class CheckCommand implements Callable<Integer> {
    private static final int OK = 200;
    private static final int MOST_CHARACTERS = 8_192;

    /** Claims that are Unix seconds. */
    private static final Set<String> TIMES = Set.of("iat", "exp", "nbf");

    /** The year 5138 in seconds, 1973 in milliseconds. */
    private static final long MILLISECONDS = 100_000_000_000L;

    private final Terminal terminal;

    @Parameters(paramLabel = "TOKEN", description = "The token, as the page has it.")
    private String token = "";

    @Option(names = "--type", paramLabel = "TYPE", description = "The event's type (default: ${DEFAULT-VALUE}).")
    private String type = "view";

    @Option(names = "--key", paramLabel = "KEY", description = "The event's key: like, 25, 15.")
    private @Nullable String key;

    @Option(
            names = "--origin",
            paramLabel = "URL",
            description =
                    "The page's site, such as https://www.example.com: a page token counts on its publisher's sites alone.")
    private @Nullable String origin;

    @Option(
            names = "--edge",
            paramLabel = "URL",
            description = "Address of ingest-api, such as https://events.example.com (default: the local stack's).")
    private @Nullable URI edge;

    public CheckCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        JsonNode answer = ask();
        JsonNode result = answer.path("results").path(0);
        String status = result.path("status").asString("unknown");
        line(
                "verdict",
                (status + " "
                                + result.path("code")
                                        .asString(result.path("reason").asString("")))
                        .strip());
        if (result.has("detail")) {
            line("why", result.path("detail").asString(""));
        }
        if (result.has("micros")) {
            Micros micros = new Micros(result.path("micros").asLong());
            line(
                    "pays",
                    "%s %s (%d micros)"
                            .formatted(micros.amount(), answer.path("currency").asString(""), micros.value()));
        }
        if (result.has("expiresIn")) {
            line("expires", "in %d s".formatted(result.path("expiresIn").asLong()));
        }
        for (Map.Entry<String, JsonNode> claim : result.path("claims").properties()) {
            line(claim.getKey(), shown(claim.getKey(), claim.getValue()));
        }
        for (JsonNode hint : result.path("hints")) {
            line("hint", hint.path("detail").asString(""));
        }
        return status.equals("rejected") ? 1 : 0;
    }

    private JsonNode ask() throws InterruptedException {
        ObjectNode event =
                JsonNodeFactory.instance.objectNode().put("token", token).put("type", type);
        if (key != null) {
            event.put("key", key);
        }
        URI address = edge == null ? terminal.settings().address(Part.INGEST) : edge;
        String page = origin == null ? "" : "&origin=" + URLEncoder.encode(origin, StandardCharsets.UTF_8);
        URI asked = URI.create(address.toString().replaceAll("/+$", "") + "/v1/events?dry-run=true" + page);
        try {
            JsonClient.Answer answer = JsonClient.send(HttpRequest.newBuilder(asked)
                    .timeout(Duration.ofSeconds(10))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(event.toString())));
            if (answer.status() != OK || !answer.body().path("results").isArray()) {
                throw CommandException.failed("%s answers %d: %s".formatted(asked, answer.status(), answer.detail()));
            }
            return answer.body();
        } catch (IOException e) {
            throw CommandException.failed("can't reach %s: %s; is ingest-api there?".formatted(asked, e));
        }
    }

    /** A token may be anybody's, and its claims must not write to the terminal what it takes for commands. */
    private void line(String name, String value) {
        terminal.out().printf("%-8s  %s%n", Printable.abbreviate(name), Printable.abbreviate(value, MOST_CHARACTERS));
    }

    private static String shown(String claim, JsonNode value) {
        long second = TIMES.contains(claim) && value.isNumber() ? value.asLong(-1) : -1;
        return second >= 0 && second < MILLISECONDS
                ? "%d (%s)".formatted(second, Instant.ofEpochSecond(second))
                : value.toString();
    }
}
