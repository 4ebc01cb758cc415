package dev.millrace.ingest.benchmark;

import dev.millrace.common.token.Source;
import dev.millrace.ingest.referrer.Referrers;
import java.util.List;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;

/** From a referrer to its class, for a mix of addresses as pages report them. */
public class ReferrerBenchmark extends EventBenchmark {
    private static final String LANDING =
            "https://www.paper.co.uk/2026/11/30/mills?utm_source=x&utm_medium=organic&a=1";
    private static final List<String> SITES = List.of("https://www.paper.co.uk", "https://paper.example");
    private static final List<String> MIX = List.of(
            "https://www.google.com/",
            "https://www.google.co.uk/",
            "https://www.bing.com/search?q=mills&form=QBLH&sp=-1&lq=0&pq=mills&sc=10-5&qs=n&sk=&cvid=1A2B3C4D",
            "https://www.google.com/url?sa=t&source=web&rct=j&url=https%3A%2F%2Fwww.paper.co.uk%2Fmills&ved=2ahUKE",
            "https://t.co/Ab3dE5gH",
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.paper.co.uk%2Fmills&h=AT0",
            "android-app://com.google.android.gm/",
            "https://www.paper.co.uk/2026/11/29/weirs",
            "https://m.paper.co.uk/",
            "https://news.some-other-paper.co.uk/politics/2026/a-long-article?id=77",
            "https://a-blog.example/",
            "");

    private final Referrers referrers = Referrers.builtIn();

    private String referrer() {
        return MIX.get(next() % MIX.size());
    }

    /** The signed claim of a search visit: nothing else is known. */
    @Benchmark
    public Optional<Source> claim() {
        return referrers.classify(referrer());
    }

    /** A script's report of a view, with two sites. */
    @Benchmark
    public Optional<Source> report() {
        return referrers.classify(referrer(), LANDING, SITES);
    }
}
