package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Pace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Sends requests as their scenario says: in a closed loop, at a fixed rate, or at half of the rate that a closed loop has reached. */
final class Pacing {
    private static final double FIXED_RATE = 2_000;

    private final Map<Scenario, Double> requestsPerSecond = new HashMap<>();

    LoadReport send(int port, Scenario scenario, List<ByteBuffer> requests, Histogram nanos) throws IOException {
        LoadReport report = LoadClient.http(port, scenario.shape().clients()).deliver(requests, pace(scenario), nanos);
        requestsPerSecond.put(scenario, report.acknowledgedPerSecond());
        return report;
    }

    private Pace pace(Scenario scenario) {
        if (scenario.shape().equals(Scenario.FIXED)) {
            return new Pace(FIXED_RATE);
        }
        if (!scenario.shape().equals(Scenario.HALF)) {
            return Pace.CLOSED_LOOP;
        }
        Scenario closedLoop = new Scenario(scenario.contestant(), Case.SINGLE, scenario.aof(), scenario.creators());
        Double reached = requestsPerSecond.get(closedLoop);
        if (reached == null) {
            throw new IllegalStateException("no round came before " + scenario + " that it is the half of");
        }
        return new Pace(reached / 2);
    }
}
