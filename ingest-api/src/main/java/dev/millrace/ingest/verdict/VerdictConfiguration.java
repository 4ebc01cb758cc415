package dev.millrace.ingest.verdict;

import com.google.common.base.Ticker;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ingest.IngestSettings;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Wires the memory of verdicts, its writing to Redis, and its reading. */
@Configuration(proxyBeanMethods = false)
public class VerdictConfiguration {
    private static final Duration PAUSE = Duration.ofSeconds(5);

    @Bean
    VerdictLog verdictLog() {
        return new VerdictLog();
    }

    @Bean
    VerdictWriter verdictWriter(VerdictLog verdictLog, RedisConnections redis, Ticker ticker) {
        VerdictWriter writer = new VerdictWriter(verdictLog, redis, ticker);
        writer.follow(PAUSE);
        return writer;
    }

    @Bean
    VerdictReader verdictReader(VerdictLog verdictLog, VerdictWriter verdictWriter, RedisConnections redis) {
        return new VerdictReader(verdictLog, verdictWriter, redis);
    }

    @Bean
    KeyHolder keyHolder(IngestSettings settings, Environment environment) {
        return new KeyHolder(settings.secrets(environment.matchesProfiles("local")));
    }
}
