package dev.millrace.settlement;

import com.google.common.base.Ticker;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import dev.millrace.service.ServerConfiguration;
import dev.millrace.service.problem.ProblemHandler;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.reconcile.ReconcileCommand;
import dev.millrace.settlement.seal.RedisDurability;
import dev.millrace.settlement.settle.SettleNow;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.verdict.VerdictKeeper;
import dev.millrace.settlement.watch.Watch;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** The worker: seal → read → settle → release, whenever a partition is due; and the watch over both stores. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableConfigurationProperties(SettlementSettings.class)
@Import({
    ServerConfiguration.class,
    ProblemHandler.class,
    RedisDurability.class, // before the beans that take a database, so that a bad setting is told first
    Settlement.class,
    SettleNow.class,
    Watch.class,
    VerdictKeeper.class,
    WorkerSchedule.class
})
public class SettlementWorker {
    /** Between two looks at Redis: ingest nodes wait for this worker's confirmation of a process that is new. */
    private static final Duration LOOK = Duration.ofMillis(500);

    /** With {@code reconcile} as the first argument it is that command instead, and ends with its exit code. */
    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals("reconcile")) {
            System.exit(ReconcileCommand.onTerminal(List.of(args).subList(1, args.length)));
        }
        SpringApplication.run(SettlementWorker.class, args);
    }

    @Bean
    RedisConnections redisConnections(SettlementSettings settings, Ticker ticker) {
        RedisConnections redis = new RedisConnections(
                new RedisSettings(settings.redisUrl(), settings.redisPatience(), settings.redisTimeout()), ticker);
        redis.look();
        redis.watch(LOOK);
        return redis;
    }

    @Bean
    HealthIndicator redisHealthIndicator(RedisConnections redis) {
        return () -> redis.isUsable()
                ? Health.up().build()
                : Health.down().withDetail("trouble", redis.trouble()).build();
    }

    @Bean
    Consumer<CrashPoint> crashPoints() {
        return CrashPoint.NOBODY;
    }
}
