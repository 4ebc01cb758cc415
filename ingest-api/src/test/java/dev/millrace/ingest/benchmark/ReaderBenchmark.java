package dev.millrace.ingest.benchmark;

import com.google.common.net.InetAddresses;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.counters.LogEntry;
import dev.millrace.counters.LogPages.LogPage;
import dev.millrace.counters.LogPages.Status;
import dev.millrace.counters.LogPosition;
import dev.millrace.ingest.index.LogIndex;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.ingest.verify.Verdict;
import dev.millrace.ingest.visit.Visits;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * What it costs to know a reader. {@code reader} has {@code ref} and {@code vis}, is sent by a browser, goes through the filters and leaves a mark of its
 * visit. {@code verification} is that of the same token where both claims have names that nobody reads; {@code claims} that of a server, which is not
 * judged; {@code shorter} is a token without either claim.
 */
public class ReaderBenchmark extends EventBenchmark {
    /** Of so many events of a visitor one is the first in its slot, and leaves a mark. */
    private static final int EVENTS_A_SLOT = 6;

    private static final List<String> REFERRERS = List.of(
            "https://www.google.com/",
            "https://www.bing.com/search?q=mills&form=QBLH",
            "https://t.co/Ab3dE5gH",
            "https://www.paper.co.uk/2026/11/29/weirs",
            "https://a-blog.example/",
            "android-app://com.google.android.gm/");

    private final List<Event> shorter = new ArrayList<>();
    private final List<Event> unread = new ArrayList<>();
    private final List<Event> readers = new ArrayList<>();
    private final List<Sender> browsers = IntStream.range(0, EVENTS)
            .mapToObj(i -> new Sender(
                    true,
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36"
                            .formatted(60 + i % 100),
                    InetAddresses.forString("198.51.100." + i % 250),
                    null,
                    "https://www.paper.co.uk"))
            .toList();
    private final EventVerifier verifier = Tokens.verifier();
    private final Visits visits;

    public ReaderBenchmark() {
        IdentityKey identities = Tokens.IDENTITIES;
        long[] marks = new long[EVENTS];
        for (int i = 0; i < EVENTS; i++) {
            String visitor = "%022d".formatted(i);
            String referrer = REFERRERS.get(i % REFERRERS.size());
            shorter.add(new Event(SampleTokens.token(i), "view", null));
            unread.add(new Event(SampleTokens.token(i, Map.of("viv", visitor, "rer", referrer)), "view", null));
            readers.add(new Event(SampleTokens.token(i, Map.of("vis", visitor, "ref", referrer)), "view", null));
            boolean isFirst = i % EVENTS_A_SLOT == 0;
            marks[i] = isFirst
                    ? i
                    : identities.ofVisit(
                            identities.visitor(SampleTokens.KID.publisher(), visitor), SampleTokens.NOW / 300);
        }
        LogIndex log = new LogIndex(Runnable::run);
        LogPosition to = new LogPosition(1, "1-0", 1);
        log.take(
                new LogPage(Status.ANEW, 0, to, List.of(new LogEntry(to.id(), LongBuffer.wrap(marks)))),
                log.position(),
                7_800);
        visits = new Visits(identities, _ -> log);
    }

    /** Without either claim, from a server. */
    @Benchmark
    public Verdict shorter() {
        return verified(shorter.get(next()), Sender.SERVER);
    }

    /** A token of the same length whose further claims nobody reads, from a server. */
    @Benchmark
    public Verdict verification() {
        return verified(unread.get(next()), Sender.SERVER);
    }

    /** With both claims, from a server. */
    @Benchmark
    public Verdict claims() {
        return verified(readers.get(next()), Sender.SERVER);
    }

    /** With both claims, from a browser, and the mark of its visit. */
    @Benchmark
    public List<Verdict> reader() {
        int event = next();
        PricedEvent view = (PricedEvent) verified(readers.get(event), browsers.get(event));
        return visits.mark(view, SampleTokens.NOW)
                .map(mark -> List.<Verdict>of(view, mark))
                .orElseGet(() -> List.of(view));
    }

    private Verdict verified(Event event, Sender sender) {
        return verifier.verify(List.of(event), sender, SampleTokens.CATALOG, SampleTokens.NOW)
                .verdicts()
                .getFirst();
    }
}
