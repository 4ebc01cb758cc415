package dev.millrace.lab.torture;

import dev.millrace.counters.Link;
import dev.millrace.counters.LogPages;
import dev.millrace.counters.LogPosition;
import dev.millrace.counters.Partition;
import java.util.List;
import java.util.stream.LongStream;

/** Reads the logs of what was counted, as a node does that starts. */
final class Logs {
    private static final LogPages PAGES = new LogPages(1_000, 100_000);

    private final LongStream.Builder identities = LongStream.builder();
    private LogPosition position = LogPosition.NONE;

    private Logs() {}

    /** The identities in both logs of a partition, of the short class first; each as often as it stands there. */
    static List<long[]> read(Link link, Partition partition) {
        Logs ofShort = new Logs();
        Logs ofLong = new Logs();
        LogPages.Page page;
        do {
            page = PAGES.read(link, partition, ofShort.position, ofLong.position);
            ofShort.take(page.shortLog());
            ofLong.take(page.longLog());
        } while (!page.shortLog().entries().isEmpty()
                || !page.longLog().entries().isEmpty());
        return List.of(
                ofShort.identities.build().toArray(), ofLong.identities.build().toArray());
    }

    private void take(LogPages.LogPage page) {
        page.entries().forEach(entry -> {
            for (int i = 0; i < entry.size(); i++) {
                identities.add(entry.identities().get(i));
            }
        });
        position = page.position();
    }
}
