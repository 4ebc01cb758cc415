package dev.millrace.lab.torture;

import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.stack.Metrics;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Lets everything settle once the faults are over, and asks the workers what they make of it. */
final class Settling {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(300);

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
    List<Difference> await() throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        List<Difference> differences;
        do {
            settle();
            differences = look();
            Thread.sleep(PAUSE);
        } while (!differences.isEmpty() && System.nanoTime() < deadline);
        return differences;
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

    private List<Difference> look() throws InterruptedException {
        List<Difference> differences = new ArrayList<>();
        for (Instance worker : workers) {
            try {
                look(worker, metrics(worker), differences);
            } catch (IOException | IllegalStateException e) {
                differences.add(new Difference(
                        "metrics of " + worker, "all known", e.getMessage() + "; last settlement: " + last));
            }
        }
        return differences;
    }

    private void look(Instance worker, Metrics metrics, List<Difference> differences) {
        for (String name : List.of(
                "millrace_pending_micros",
                "millrace_money_drift_micros",
                "millrace_partitions_halted",
                "millrace_epochs_waiting",
                "millrace_reopenings_total",
                "millrace_lost_micros_total")) {
            long found = metrics.whole(name);
            if (found != 0) {
                differences.add(new Difference(name + " of " + worker + "; last settlement: " + last, "0", found));
            }
        }
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
