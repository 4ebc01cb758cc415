package dev.millrace.settlement;

import dev.millrace.service.ServerConfiguration;
import dev.millrace.service.problem.ProblemHandler;
import dev.millrace.settlement.reconcile.ReconcileCommand;
import dev.millrace.settlement.settle.SettleConfiguration;
import dev.millrace.settlement.watch.WatchConfiguration;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
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
    WatchConfiguration.class,
    ScheduleConfiguration.class
})
public class SettlementWorker {
    /** With {@code reconcile} as the first argument it is that command instead, and ends with its exit code. */
    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals("reconcile")) {
            System.exit(ReconcileCommand.onTerminal(List.of(args).subList(1, args.length)));
        }
        SpringApplication.run(SettlementWorker.class, args);
    }
}
