package dev.millrace.local.up;

import dev.millrace.local.process.Child;
import dev.millrace.local.process.ChildPlan;
import dev.millrace.local.process.Readiness;
import dev.millrace.local.process.ServiceJar;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One of the three services as a process of its own, as it would run in production.
 *
 * @param part which one
 * @param child the process
 * @param readiness the endpoint that answers 200 once it can do its work
 */
record Service(Part part, Child child, URI readiness) {
    /** The first start compiles nothing yet and may have to migrate; two slow cores take 30 s. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(5);

    /**
     * Starts it; it is not ready yet.
     *
     * @param jar what to start
     * @param environment what to set on top of our own
     */
    static Service start(Part part, LocalSettings settings, ServiceJar jar, Map<String, String> environment) {
        List<String> command = jar.command(options(part));
        Path log = settings.home().resolve("logs").resolve(part.label() + ".log");
        ChildPlan plan = new ChildPlan(part.label(), command, environment, settings.home(), log);
        return new Service(
                part, Child.start(plan), settings.managementAddress(part).resolve("/actuator/health/readiness"));
    }

    /** @throws dev.millrace.local.process.StartFailure when it does not become ready */
    void awaitReady(HttpClient client, Consumer<String> progress) {
        HttpRequest request =
                HttpRequest.newBuilder(readiness).timeout(PROBE_TIMEOUT).build();
        new Readiness(child, PATIENCE, progress).await(() -> probe(client, request));
    }

    private static Readiness.Answer probe(HttpClient client, HttpRequest request) {
        try {
            int status =
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status == 200 ? Readiness.Answer.READY : Readiness.Answer.SILENT;
        } catch (IOException e) {
            return Readiness.Answer.SILENT;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Readiness.Answer.SILENT;
        }
    }

    /** Those of its JVM. The edge holds the requests of many clients at a time, in a heap that is there from the start (decision 21). */
    private static List<String> options(Part part) {
        List<String> heap =
                part == Part.INGEST ? List.of("-Xms384m", "-Xmx384m", "-XX:+AlwaysPreTouch") : List.of("-Xmx256m");
        return Stream.concat(heap.stream(), Stream.of("-XX:+ExitOnOutOfMemoryError"))
                .toList();
    }
}
