package dev.millrace.lab.torture;

import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.stack.Metrics;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** Lets everything settle once the faults are over, and asks the workers what they make of it. */
final class Settling {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(300);

    private static final List<String> NAMES = List.of(
            "millrace_pending_micros",
            "millrace_money_drift_micros",
            "millrace_partitions_halted",
            "millrace_epochs_waiting",
            "millrace_reopenings_total",
            "millrace_lost_micros_total");

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final LabSettings settings;
    private final List<Instance> workers;
    private String last = "no answer";

    Settling(LabSettings settings, List<Instance> workers) {
        this.settings = settings;
        this.workers = List.copyOf(workers);
    }

    /** Settles again and again until every worker sees that nothing is pending, nothing missing and nothing wrong. */
    void await(Deviations deviations) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Deviations seen;
        do {
            settle();
            seen = look();
            Thread.sleep(PAUSE);
        } while (seen.count() > 0 && System.nanoTime() < deadline);
        deviations.addAll(seen);
    }

    private void settle() throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        settings.managementAddress(workers.getFirst()).resolve("/actuator/settle"))
                .timeout(TIMEOUT)
                .header("X-Millrace-Settle", "now")
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        try {
            last = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException e) {
            last = e.toString();
        }
    }

    private Deviations look() throws InterruptedException {
        Deviations deviations = new Deviations(NAMES.size() * workers.size());
        for (Instance worker : workers) {
            String state = " of " + worker + "; last settlement: " + last;
            try {
                Metrics metrics = metrics(worker);
                NAMES.forEach(name -> deviations.expect(name + state, 0, metrics.whole(name)));
            } catch (IOException | IllegalStateException e) {
                deviations.add("metrics" + state, "all known", e.getMessage());
            }
        }
        return deviations;
    }

    private Metrics metrics(Instance worker) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        settings.managementAddress(worker).resolve("/actuator/prometheus"))
                .timeout(TIMEOUT)
                .build();
        return Metrics.parse(
                client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
}
