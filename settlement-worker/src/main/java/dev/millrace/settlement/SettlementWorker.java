package dev.millrace.settlement;

import dev.millrace.service.ServerConfiguration;
import dev.millrace.service.problem.ProblemHandler;
import dev.millrace.settlement.reconcile.Reconcile;
import dev.millrace.settlement.settle.Months;
import dev.millrace.settlement.settle.SettleConfiguration;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.watch.Watch;
import dev.millrace.settlement.watch.WatchConfiguration;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** The worker: seal → read → settle → release, whenever a partition is due; and the watch over both stores. */
@SpringBootConfiguration
@EnableAutoConfiguration
@EnableConfigurationProperties(SettlementSettings.class)
@Import({
    ServerConfiguration.class,
    ProblemHandler.class,
    RedisConfiguration.class,
    SettleConfiguration.class,
    WatchConfiguration.class
})
public class SettlementWorker {
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration MONTHS = Duration.ofMinutes(5);

    /** With {@code reconcile} as the first argument it is that command instead, and ends with its exit code. */
    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals("reconcile")) {
            System.exit(Reconcile.onTerminal().run(List.of(args).subList(1, args.length)));
        }
        SpringApplication.run(SettlementWorker.class, args);
    }

    @Bean
    Crank settlementCrank(Settlement settlement, Watch watch, SettlementSettings settings) {
        Duration quarter = settings.settlementInterval().dividedBy(4);
        return new Crank(
                "settlement",
                new SettlementTurn(
                        settlement::settleDue, watch::lookAgain, settings.settlementInterval(), System::nanoTime),
                quarter.compareTo(LOOK) < 0 ? quarter : LOOK);
    }

    @Bean
    Crank watchCrank(Watch watch) {
        return new Crank("watch", watch::turn, LOOK);
    }

    @Bean
    Crank monthsCrank(Months months) {
        return new Crank("months", months::ensure, MONTHS);
    }

    @Bean
    HealthIndicator settlementHealthIndicator(Crank settlementCrank, Crank watchCrank, Watch watch) {
        return () -> (settlementCrank.works() && watchCrank.works() && watch.hasCompared()
                        ? Health.up()
                        : Health.down())
                .withDetail("settlement", settlementCrank.works() ? "works" : "failing")
                .withDetail("watch", watchCrank.works() ? "works" : "failing")
                .withDetail("counters", watch.hasCompared() ? "compared" : "not compared with the ledger yet")
                .build();
    }
}
