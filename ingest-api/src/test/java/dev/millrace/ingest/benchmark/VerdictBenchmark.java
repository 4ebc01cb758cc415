package dev.millrace.ingest.benchmark;

import com.google.common.net.InetAddresses;
import dev.millrace.ingest.verdict.VerdictLog;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.ingest.verify.Tokens;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;

/** What it costs to remember an event's verdict, beside its verification. One event in eight is a duplicate, so rows of equal verdicts are short. */
public class VerdictBenchmark extends EventBenchmark {
    private static final int EVENTS_A_DUPLICATE = 8;
    private static final Sender BROWSER = new Sender(
            true,
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            InetAddresses.forString("198.51.100.7"),
            null,
            "https://www.paper.co.uk");

    private final List<Event> events = new ArrayList<>();
    private final EventVerifier verifier = Tokens.verifier();
    private final VerdictLog log = new VerdictLog();

    public VerdictBenchmark() {
        for (int i = 0; i < EVENTS; i++) {
            events.add(new Event(SampleTokens.token(i), "view", null));
        }
    }

    /** Without a verdict. */
    @Benchmark
    public EventVerifier.Verified verification() {
        return verifier.verify(List.of(events.get(next())), Sender.SERVER, SampleTokens.CATALOG, SampleTokens.NOW);
    }

    /** With its verdict. */
    @Benchmark
    public EventVerifier.Verified verdict() {
        int event = next();
        List<Event> request = List.of(events.get(event));
        EventVerifier.Verified verified =
                verifier.verify(request, Sender.SERVER, SampleTokens.CATALOG, SampleTokens.NOW);
        Outcome outcome = event % EVENTS_A_DUPLICATE == 0 ? Outcome.DUPLICATE : Outcome.ACCEPTED;
        log.concluded(request, verified, List.of(outcome), BROWSER, SampleTokens.NOW);
        return verified;
    }
}
