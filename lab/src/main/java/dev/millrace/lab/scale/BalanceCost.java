package dev.millrace.lab.scale;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.load.Delivery;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.load.StackLoad;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.server.Databases;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What live balances cost. */
record BalanceCost(ScalePart part) {
    private static final int READS = 3_000;
    private static final int TURNS = 5;
    private static final int PEAK_LOTS = 3;
    private static final int PEAK_LOT = 500_000;

    /** The balance of one creator with one publisher and with a thousand, each of which owes something not settled. */
    void publishers(List<String> failures) throws Exception {
        Slabs slabs = new Slabs();
        int known = 0;
        for (int publishers : new int[] {1, 1_000}) {
            for (TokenMint mint : part.stack().mints(known, publishers)) {
                Events events = Events.oneEach(part.load().prefix(), 0, 1, 0);
                part.load().deliver(new EventRequests(mint, slabs).of(events, 1), 1, 1);
            }
            known = publishers;
            read(failures); // The ledger's code gets warm.
            long[] idle = spent();
            Thread.sleep(ScalePart.CALM.dividedBy(2));
            long[] before = spent();
            Percentiles times = read(failures);
            long[] after = spent();
            double share = (double) (after[0] - before[0]) / (before[0] - idle[0]);
            String what = "balance, %,d publishers".formatted(publishers);
            part.figures().add(what, "p50Ms", times.p50Ms());
            part.figures().add(what, "p99Ms", times.p99Ms());
            String[] names = {"", "commands", "redisMicros", "statements"};
            for (int i = 1; i < names.length; i++) {
                double each = (after[i] - before[i] - share * (before[i] - idle[i])) / READS;
                part.figures().add(what, names[i], each);
            }
        }
    }

    private Percentiles read(List<String> failures) throws IOException {
        List<ByteBuffer> requests = Collections.nCopies(READS, part.stack().balanceRequest(Events.creatorName(0)));
        Delivery reads = LoadClient.http(part.stack().ledgerPort(), 1).deliver(Delivery.closedLoop(requests));
        if (reads.sentAgain() > 0) {
            failures.add("of %,d balances %,d were refused".formatted(READS, reads.sentAgain()));
        }
        return Percentiles.of(reads.score().times());
    }

    /** Nanoseconds, commands of Redis, microseconds of its CPU, statements of the ledger: so far. */
    private long[] spent() throws SQLException {
        MillraceStack stack = part.stack();
        long statements = part.database().statements(Databases.LEDGER);
        return new long[] {
            System.nanoTime(), stack.redis().commandsAnswered(), stack.redis().cpuMicros(), statements
        };
    }

    /** A node's peak without followers and with them, in turns; the median of the turns' ratios. */
    void followers() throws Exception {
        peak(); // The code gets warm.
        List<Double> ratios = new ArrayList<>();
        for (int turn = 1; turn <= TURNS; turn++) {
            double alone = peak();
            try (Followers followers = Followers.open(part.stack(), StackLoad.CREATORS)) {
                long before = followers.events();
                long began = System.nanoTime();
                double followed = peak();
                double seconds = (System.nanoTime() - began) / ScalePart.SECOND;
                String what = "followers, turn %d".formatted(turn);
                part.figures().add(what, "eventsPerSecond", alone);
                part.figures().add(what, "eventsPerSecondFollowed", followed);
                part.figures().add(what, "eventsSentPerSecond", (followers.events() - before) / seconds);
                ratios.add(followed / alone);
            }
        }
        part.figure("medianRatio", Spread.of(ratios).median());
    }

    /** Events a second, over several lots, each of which is written out before its time begins. */
    private double peak() throws IOException {
        double seconds = 0;
        for (int lot = 0; lot < PEAK_LOTS; lot++) {
            Events events = Events.draw(part.load().prefix(), lot, PEAK_LOT, StackLoad.CREATORS);
            seconds += PEAK_LOT / part.deliver(events);
        }
        return PEAK_LOTS * PEAK_LOT / seconds;
    }
}
