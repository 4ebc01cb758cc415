package dev.millrace.ingest.tally;

import dev.millrace.common.counters.EngageField;
import dev.millrace.common.identity.Identity;
import dev.millrace.common.token.EventType;
import dev.millrace.ingest.verify.Countable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Verified events of a hundred creators with ten articles each, spread evenly over partitions and buckets. */
final class SampleEvents {
    /** What a call of tally.lua has at most. */
    static final int CALL = 1_024;

    /** Redis' second at which they may count. */
    static final long NOW = 1_700_000_000;

    private static final long SEED = 42;
    private static final int CREATORS = 100;
    private static final int ARTICLES = 10;

    private SampleEvents() {}

    /** As many as a call has; always the same. */
    static List<Countable> ofOneCall() {
        Random random = new Random(SEED);
        return Stream.generate(() -> event(random)).limit(CALL).toList();
    }

    private static Countable event(Random random) {
        String creator = "creator-" + random.nextInt(CREATORS);
        String article = "/2026/11/an-article-with-a-usual-name-%s-%d".formatted(creator, random.nextInt(ARTICLES));
        return new Countable(
                new Identity(random.nextLong(), random.nextLong()),
                new EngageField("demo", creator, article, EventType.VIEW, 1),
                1,
                1_000,
                NOW - 10,
                NOW + 3_590,
                NOW - 70);
    }

    /** The shares of a request with these events, by their partitions. */
    static List<Share> shares(Pending request, List<Countable> events) {
        Share[] shares = new Share[Identity.PARTITIONS];
        Arrays.setAll(shares, request::newShare);
        for (int i = 0; i < events.size(); i++) {
            shares[events.get(i).identity().partition()].add(events.get(i), i);
        }
        return List.of(shares);
    }

    /** The same as the batches of one call. */
    static List<PartitionBatch> batches(List<Countable> events) {
        List<PartitionBatch> batches = new ArrayList<>();
        for (Share share : shares(new Pending(events.size()), events)) {
            batches.add(new PartitionBatch(share.partition(), List.of(share)));
        }
        return batches;
    }
}
