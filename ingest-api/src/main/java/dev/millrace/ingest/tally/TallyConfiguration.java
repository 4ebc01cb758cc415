package dev.millrace.ingest.tally;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.counters.Counters;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the tally. */
@Configuration(proxyBeanMethods = false)
public class TallyConfiguration {

    @Bean
    Tally tally(IngestSettings settings, Counters counters, MeterRegistry registry) {
        TallyMeters meters = new TallyMeters(registry);
        Lane fast = new Lane(settings.fastLaneEvents());
        Lane suspects = new Lane(settings.suspectsLaneEvents());
        Spans spans = Spans.of(settings.rememberShort(), settings.rememberLong());
        TallyCalls calls = new TallyCalls(counters, spans, settings.clockLeap(), meters);
        PartitionTally partitions = new PartitionTally(calls, settings.tallyTimeout());
        meters.lane("fast", fast);
        meters.lane("suspects", suspects);
        return new Tally(partitions, new SentFilter(settings.filterEvents()), fast, suspects, meters);
    }
}
