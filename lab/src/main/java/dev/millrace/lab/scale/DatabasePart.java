package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Sums;
import dev.millrace.lab.stack.Wait;
import dev.millrace.local.server.Databases;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one interval of steady traffic costs the database: from one settlement to the next, both of which come by themselves. The load
 * goes on over both.
 */
final class DatabasePart {
    private static final int CREATORS = 1_000;
    private static final int MOST = 12;

    /** For the interval to begin and to end. */
    private static final Duration SLACK = Duration.ofSeconds(40);

    private static final String SETTLED_EVENTS = "SELECT sum(settled_events) FROM partition_cursor";

    private final ScalePlan plan;
    private final Stage stage;
    private final MillraceStack stack;

    private DatabasePart(ScalePlan plan, Stage stage, MillraceStack stack) {
        this.plan = plan;
        this.stage = stage;
        this.stack = stack;
    }

    static Work measure(ScalePlan plan, Stage stage) throws Exception {
        try (MillraceStack stack = MillraceStack.start(
                        stage.root(), stage.place("database"), plan.setup(plan.interval()), stage.progress());
                DatabaseMeter database = new DatabaseMeter(stack.connect())) {
            return new DatabasePart(plan, stage, stack).measure(database);
        }
    }

    private Work measure(DatabaseMeter database) throws Exception {
        int most = SteadyLoad.whole(plan.interval().multipliedBy(2).plus(SLACK).toSeconds() * plan.rate());
        Map<String, Long> rowsAtFirst = database.rows();
        long writtenAtFirst = stack.rowsWritten();
        Events events = Events.draw("d" + plan.seed(), plan.seed(), most, CREATORS);
        try (SteadyLoad load = SteadyLoad.start(stack, events, plan.rate())) {
            settlement(database);
            database.reset();
            long eventsBefore = database.number(SETTLED_EVENTS);
            database.rowsSince(rowsAtFirst, stack.rowsWritten() - writtenAtFirst);
            stage.progress()
                    .accept("database: %,d events/s for an interval of %d s …"
                            .formatted(plan.rate(), plan.interval().toSeconds()));
            return interval(database, events, load, eventsBefore);
        }
    }

    /** Returns when the next settlement is committed. */
    private void settlement(DatabaseMeter database) throws Exception {
        long before = database.number(SETTLED_EVENTS);
        Wait.until(
                "the next settlement",
                plan.interval().plus(SLACK.dividedBy(2)),
                () -> database.number(SETTLED_EVENTS) != before);
    }

    private Work interval(DatabaseMeter database, Events events, SteadyLoad load, long eventsBefore) throws Exception {
        Map<String, Long> rowsBefore = database.rows();
        long written = stack.rowsWritten();
        long journal = database.number("SELECT journal_id FROM chain_head");
        settlement(database);
        long worker = database.statements(Databases.SETTLER);
        long ledger = database.statements(Databases.LEDGER);
        List<DatabaseMeter.Spent> most = database.dearest(false, MOST);
        long settled = database.number(SETTLED_EVENTS) - eventsBefore;
        Map<String, Long> rows = database.rowsSince(rowsBefore, stack.rowsWritten() - written);
        long booked = database.number("SELECT count(*) FROM journal WHERE journal_id > ?", journal);
        SteadyLoad.Times times = load.end();
        stack.settle();
        return new Work(
                CREATORS,
                plan.interval(),
                plan.rate(),
                settled,
                worker,
                ledger,
                booked,
                rows,
                articles(events, eventsBefore, settled),
                most,
                failures(times.acknowledged() * SteadyLoad.BATCH * Events.MICROS));
    }

    /** Articles of the events that were settled, more or less: those sent at the interval's ends are not told apart. */
    private static long articles(Events events, long first, long count) {
        Set<String> articles = new HashSet<>();
        for (int i = (int) first; i < Math.min(events.size(), first + count); i++) {
            articles.add(events.article(i));
        }
        return articles.size();
    }

    private List<String> failures(long sentMicros) throws SQLException {
        Sums sums = Sums.of(stack, sentMicros);
        return sums.areEqual() ? List.of() : List.of(sums.toString());
    }
}
