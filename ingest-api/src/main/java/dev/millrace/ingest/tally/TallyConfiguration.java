package dev.millrace.ingest.tally;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.counters.Counters;
import dev.millrace.ingest.limit.Lane;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timer;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the tally. */
@Configuration(proxyBeanMethods = false)
public class TallyConfiguration {
    /** A request may wait this much longer than it should; waking more often costs more than it is worth. */
    private static final Duration TICK = Duration.ofMillis(10);

    /** A timer that wakes nobody when a wait begins or ends, as the virtual threads' own would. */
    @Bean(destroyMethod = "stop")
    Timer tallyTimer() {
        return new HashedWheelTimer(
                Thread.ofPlatform().name("tally-timeouts").daemon().factory(), TICK.toMillis(), MILLISECONDS);
    }

    @Bean
    Tally tally(IngestSettings settings, Counters counters, Timer tallyTimer, MeterRegistry registry) {
        TallyMeters meters = new TallyMeters(registry);
        Lane fast = new Lane(settings.fastLaneEvents());
        Lane suspects = new Lane(settings.suspectsLaneEvents());
        Spans spans = Spans.of(settings.rememberShort(), settings.rememberLong());
        TallyCalls calls = new TallyCalls(counters, spans, settings.clockLeap(), meters);
        PartitionTally partitions = new PartitionTally(calls, settings.tallyTimeout(), tallyTimer);
        meters.lane("fast", fast);
        meters.lane("suspects", suspects);
        return new Tally(partitions, new SentFilter(settings.filterEvents()), fast, suspects, meters);
    }
}
