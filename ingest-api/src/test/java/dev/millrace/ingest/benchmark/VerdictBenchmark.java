package dev.millrace.ingest.benchmark;

import com.google.common.net.InetAddresses;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.Kid;
import dev.millrace.ingest.verdict.VerdictLog;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.ingest.verify.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.openjdk.jmh.annotations.Benchmark;

/** What it costs to remember an event's verdict, beside its verification. One event in eight is a duplicate, so rows of equal verdicts are short. */
public class VerdictBenchmark extends EventBenchmark {
    private static final long NOW = 1_700_000_000;
    private static final Kid KID = new Kid("demo", 1);
    private static final int EVENTS_A_DUPLICATE = 8;
    private static final Sender BROWSER = new Sender(
            true,
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            InetAddresses.forString("198.51.100.7"),
            null,
            "https://www.paper.co.uk");

    private final List<Event> events = new ArrayList<>();
    private final Catalog catalog = new Catalog(
            1,
            Map.of(KID.publisher(), new Catalog.Publisher(List.of(KID.number()), List.of())),
            List.of(new RateCard(1, 0, Map.of("view", new Rate(1_000, 1)))));
    private final EventVerifier verifier;
    private final VerdictLog log = new VerdictLog();

    public VerdictBenchmark() {
        MasterKey keys = MasterKey.of(MasterKey.LOCAL);
        SampleTokens samples = new SampleTokens(KID, keys.publisherSecret(KID), NOW);
        for (int i = 0; i < EVENTS; i++) {
            events.add(new Event(samples.token(i), "view", null));
        }
        verifier = new EventVerifier(
                MasterKeys.of(keys),
                IdentityKey.of(IdentityKey.LOCAL),
                Duration.ofHours(2),
                Set.of("like"),
                Tokens.FILTERS,
                "millrace",
                Tokens.VISITORS,
                Duration.ofSeconds(1));
    }

    /** Without a verdict. */
    @Benchmark
    public EventVerifier.Verified verification() {
        return verifier.verify(List.of(events.get(next())), Sender.SERVER, catalog, NOW);
    }

    /** With its verdict. */
    @Benchmark
    public EventVerifier.Verified verdict() {
        int event = next();
        List<Event> request = List.of(events.get(event));
        EventVerifier.Verified verified = verifier.verify(request, Sender.SERVER, catalog, NOW);
        Outcome outcome = event % EVENTS_A_DUPLICATE == 0 ? Outcome.DUPLICATE : Outcome.ACCEPTED;
        log.concluded(request, verified, List.of(outcome), BROWSER, NOW);
        return verified;
    }
}
