package dev.millrace.local.command;

import dev.millrace.local.process.CommandException;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code millrace script}. */
@CommandLine.Command(
        name = "script",
        description = {
            "Print the tag of the page's script, pinned to a version and its integrity hash.",
            "The hash is computed from the script that the edge serves now: check it against your own build."
        })
public final class ScriptCommand implements Callable<Integer> {
    private static final int OK = 200;

    /** Digits of the SHA-256 that name a version, as ingest-api names it. */
    private static final int VERSION_DIGITS = 12;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Terminal terminal;

    @Parameters(
            paramLabel = "EDGE",
            arity = "0..1",
            description =
                    "Where readers' browsers reach ingest-api, such as https://events.example.com (default: the local stack's).")
    private @Nullable URI edge;

    public ScriptCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        URI address = edge == null ? terminal.settings().address(Part.INGEST) : edge;
        String base = address.toString().replaceAll("/+$", "");
        byte[] script = fetch(URI.create(base + "/m.js"));
        terminal.out()
                .printf(
                        "<script defer src=\"%s/m/%s.js\"%n        integrity=\"sha384-%s\" crossorigin=\"anonymous\" data-token=\"…\"></script>%n",
                        base,
                        HexFormat.of().formatHex(hash("SHA-256", script)).substring(0, VERSION_DIGITS),
                        Base64.getEncoder().encodeToString(hash("SHA-384", script)));
        return 0;
    }

    private static byte[] fetch(URI address) throws InterruptedException {
        try (HttpClient client =
                HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            HttpResponse<byte[]> answer = client.send(
                    HttpRequest.newBuilder(address).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofByteArray());
            String type = answer.headers().firstValue("Content-Type").orElse("");
            if (answer.statusCode() != OK || !type.startsWith("text/javascript")) {
                throw CommandException.failed("%s answers %d and '%s', and no script; is it ingest-api's address?"
                        .formatted(address, answer.statusCode(), type));
            }
            return answer.body();
        } catch (IOException e) {
            throw CommandException.failed(
                    "can't read %s: %s; start the stack with ./millrace up, or name the edge".formatted(address, e), e);
        }
    }

    private static byte[] hash(String algorithm, byte[] bytes) {
        try {
            return MessageDigest.getInstance(algorithm).digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
