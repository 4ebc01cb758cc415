package dev.millrace.ingest.verdict;

import dev.millrace.common.token.Kid;
import dev.millrace.counters.LastVerdict;
import dev.millrace.counters.Link;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.Verdicts;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Reads what became of a publisher's events at all nodes: from Redis, and of this node what is not there yet. Thread-safe. */
public final class VerdictReader {
    /** The hours that are shown, this one included. */
    private static final int HOURS = 24;

    private final VerdictLog log;
    private final VerdictWriter writer;
    private final RedisConnections redis;

    public VerdictReader(VerdictLog log, VerdictWriter writer, RedisConnections redis) {
        this.log = log;
        this.writer = writer;
        this.redis = redis;
    }

    /**
     * The verdicts on the events of a key's publisher, and the last ones under the key.
     *
     * @param second of Redis' clock
     * @throws dev.millrace.counters.RedisUnavailableException when Redis can't be asked
     * @throws dev.millrace.counters.RedisRefusedException when it does not tell
     */
    public KeyReport read(Kid kid, long second) {
        Link link = redis.required(Verdicts.partition(kid.publisher()));
        PublisherVerdicts own = log.of(kid);
        long hour = second / PublisherVerdicts.HOUR_SECONDS;
        List<Long> hours =
                LongStream.rangeClosed(hour - HOURS + 1, hour).boxed().toList();
        Map<Long, Map<String, Long>> counts = Verdicts.hours(link, kid.publisher(), hours, writer.node(), own.hours());
        Map<String, List<LastVerdict>> last = Verdicts.last(link, kid);
        List<LastVerdict> ownLast = own.last(kid);
        if (!ownLast.isEmpty()) {
            last.put(writer.node(), ownLast);
        }
        return new KeyReport(
                kid.publisher(),
                kid.toString(),
                counts.entrySet().stream()
                        .sorted(Map.Entry.<Long, Map<String, Long>>comparingByKey(Comparator.reverseOrder()))
                        .map(one -> KeyReport.Hour.of(one.getKey(), one.getValue()))
                        .toList(),
                LastVerdict.merge(last.values()).stream()
                        .map(KeyReport.Last::of)
                        .toList(),
                own.warnings(kid, second));
    }
}
