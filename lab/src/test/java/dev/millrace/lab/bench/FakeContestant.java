package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.HdrHistogram.Histogram;

/** Counts in memory, and can be made to count wrong. */
class FakeContestant extends Contestant {
    private final String name;
    private final List<Scenario> scenarios;

    /** Every round, in order: {@code name case}. */
    private final List<String> diary;

    private final Set<String> ids = new HashSet<>();
    private final List<Integer> sizes = new ArrayList<>();
    private boolean closed;

    FakeContestant(String name, List<Scenario> scenarios, List<String> diary) {
        this.name = name;
        this.scenarios = scenarios;
        this.diary = diary;
    }

    boolean isClosed() {
        return closed;
    }

    List<Integer> sizes() {
        return sizes;
    }

    /** What becomes of a round: micros in the balances for the micros that were sent. */
    long count(long micros) {
        return micros;
    }

    Entrant entrant() {
        return new Entrant(name, scenarios, (_, _) -> this);
    }

    List<Scenario> scenarios() {
        return scenarios;
    }

    @Override
    Map<String, Long> processes() {
        return Map.of("server", ProcessHandle.current().pid());
    }

    @Override
    Round prepare(Scenario scenario, Events events) {
        for (int i = 0; i < events.size(); i++) {
            if (!ids.add(events.id(i))) {
                throw new IllegalStateException(events.id(i) + " came twice");
            }
        }
        sizes.add(events.size());
        diary.add(name + " " + scenario.shape().name());
        return new FakeRound(count(events.micros()));
    }

    @Override
    public void close() {
        closed = true;
    }

    private record FakeRound(long counted) implements Round {
        @Override
        public long send(Histogram nanos) throws InterruptedException {
            Thread.sleep(1);
            nanos.recordValue(1);
            return 0;
        }
    }
}
