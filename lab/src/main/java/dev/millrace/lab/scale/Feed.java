package dev.millrace.lab.scale;

import dev.millrace.lab.load.Drive;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Refusals;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.load.Verdicts;
import dev.millrace.lab.stack.MillraceStack;
import java.io.IOException;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * Sends events to the ingest node as fast as it takes them, in batches of {@value #BATCH}.
 *
 * @param stack whose node
 * @param requests written to memory that is used again for each call
 */
record Feed(MillraceStack stack, EventRequests requests) {
    static final int BATCH = 1_000;

    private static final int CONNECTIONS = 4;
    private static final int LOT = 200_000;
    private static final int DIGITS = 3;
    private static final double SECOND = 1e9;

    Feed(MillraceStack stack) {
        this(stack, new EventRequests(stack.mint(), new Slabs()));
    }

    /**
     * What creators were given to earn.
     *
     * @param micros in all
     * @param perSecond events, of the last lot
     */
    record Filled(long micros, double perSecond) {}

    /**
     * Has creators earn something: for each an event of each of its first articles. Returns when all is acknowledged.
     *
     * @param prefix of the events' ids, at most 16 characters that nothing else begins with
     * @param first rank of the first creator
     * @param progress takes how far it is
     */
    Filled fill(String prefix, int first, int creators, int articles, Consumer<String> progress) throws IOException {
        long micros = 0;
        double perSecond = 0;
        int lots = 0;
        for (int article = 0; article < articles; article++) {
            for (int from = 0; from < creators; from += LOT) {
                int lot = Math.min(LOT, creators - from);
                Events events = Events.oneEach(prefix + "-" + ++lots, first + from, lot, article);
                perSecond = send(events);
                micros += events.micros();
                progress.accept("%,d of %,d creators counted, article %d of %d, %,.0f events/s"
                        .formatted(from + lot, creators, article + 1, articles, perSecond));
            }
        }
        return new Filled(micros, perSecond);
    }

    /** Returns when all are acknowledged; events a second, without the time it takes to sign them. */
    double send(Events events) throws IOException {
        var written = requests.of(events, BATCH);
        Verdicts verdicts = new Verdicts();
        LoadReport report = LoadClient.http(stack.ingestPort(), CONNECTIONS)
                .send(written, new Drive.ClosedLoop(), Refusals.SEND_AGAIN, new Histogram(DIGITS), verdicts);
        if (verdicts.acknowledged() != events.size()) {
            throw new IllegalStateException("of %,d events ingest-api acknowledged %s; other answers: %s"
                    .formatted(events.size(), verdicts, report.unexpected()));
        }
        return events.size() * SECOND / report.nanos();
    }
}
