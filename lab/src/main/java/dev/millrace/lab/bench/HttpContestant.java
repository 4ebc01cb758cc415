package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Delivery;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** A contestant that takes the requests of ingest-api. */
abstract class HttpContestant extends Contestant {
    private static final double FIXED_RATE = 2_000;

    private final EventRequests writer;
    private final Map<Scenario, Double> requestsPerSecond = new HashMap<>();

    /** @param writer writes the requests of a round; only one contestant at a time uses it */
    HttpContestant(EventRequests writer) {
        this.writer = writer;
    }

    final List<ByteBuffer> requests(Scenario scenario, Events events) {
        return writer.of(events, scenario.shape().batch());
    }

    /**
     * Sends requests as the scenario says, each until it is acknowledged: in a closed loop, at a fixed rate, or at half of the
     * rate that a closed loop has reached. Returns how often requests were sent again.
     */
    final long send(int port, Scenario scenario, List<ByteBuffer> requests, Histogram nanos) throws IOException {
        Delivery delivery = LoadClient.http(port, scenario.shape().clients()).deliver(delivery(scenario, requests));
        requestsPerSecond.put(scenario, delivery.perSecond());
        nanos.add(delivery.score().times());
        return delivery.sentAgain();
    }

    private Delivery delivery(Scenario scenario, List<ByteBuffer> requests) {
        if (!scenario.hasGivenRate()) {
            return Delivery.closedLoop(requests);
        }
        double rate = scenario.shape().equals(Scenario.FIXED) ? FIXED_RATE : reached(scenario) / 2;
        return Delivery.openLoop(requests, Delivery.evenly(rate, requests.size()), Delivery.OnRefusal.REPEAT);
    }

    private double reached(Scenario scenario) {
        Scenario closedLoop = new Scenario(scenario.contestant(), Case.SINGLE, scenario.aof(), scenario.creators());
        Double reached = requestsPerSecond.get(closedLoop);
        if (reached == null) {
            throw new IllegalStateException("no round came before " + scenario + " that it is the half of");
        }
        return reached;
    }
}
