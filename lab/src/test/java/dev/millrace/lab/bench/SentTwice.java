package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import org.HdrHistogram.Histogram;

/**
 * A round in which every event is sent twice.
 *
 * @param micros what the events pay, each once
 * @param counted what the balances hold afterwards
 * @param requests that were acknowledged
 * @param spent on both
 */
record SentTwice(long micros, long counted, long requests, Costs spent) {
    static SentTwice by(Contestant contestant, Scenario scenario, String round, int events) throws Exception {
        Events drawn = Events.draw(round, events, events, scenario.creators());
        Contestant.Round play = contestant.prepare(scenario, drawn);
        Histogram nanos = new Histogram(3);
        Costs before = contestant.costs();
        play.send(nanos);
        play.settle();
        play.send(nanos);
        play.settle();
        Costs spent = contestant.costs().minus(before);
        assertThat(nanos.getMaxValue()).isPositive();
        return new SentTwice(drawn.micros(), play.counted(), nanos.getTotalCount(), spent);
    }
}
