package dev.millrace.lab.bench;

import java.time.Duration;
import java.util.List;

/**
 * What a run came to.
 *
 * @param results in the order of the table
 * @param servers the binaries that ran and how they were set, a line each
 * @param failures whatever makes the run worth nothing: events lost or paid twice, contestants that broke off
 * @param took all in all
 */
record Outcome(List<Result> results, List<String> servers, List<String> failures, Duration took) {
    Outcome {
        results = List.copyOf(results);
        servers = List.copyOf(servers);
        failures = List.copyOf(failures);
    }

    boolean isGood() {
        return failures.isEmpty() && !results.isEmpty();
    }
}
