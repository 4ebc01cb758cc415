package dev.millrace.settlement;

import com.google.common.base.Ticker;
import dev.millrace.books.Months;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.watch.Watch;
import java.time.Duration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

/** What the worker does by itself, and when. */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
class ScheduleConfiguration {
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration MONTHS = Duration.ofMinutes(5);

    /** A thread for each task: a settlement may take longer than the others can wait. */
    private static final int TASKS = 3;

    /**
     * The scheduler stops after the web server and before the connections to both stores, which end with the beans. Its stop waits for the runs under
     * way, for as long as a phase may take ({@code spring.lifecycle.timeout-per-shutdown-phase}): a settlement that has sealed its epochs is booked.
     */
    @Bean
    static ThreadPoolTaskScheduler taskScheduler() {
        ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();
        scheduler.setPoolSize(TASKS);
        scheduler.setThreadNamePrefix("task-");
        return scheduler;
    }

    @Bean
    RepeatedTask settlementTask(Settlement settlement, Watch watch, SettlementSettings settings, Ticker ticker) {
        return new RepeatedTask(
                "settlement",
                new SettlementTurn(settlement::settleDue, watch::lookAgain, settings.settlementInterval(), ticker),
                ticker);
    }

    @Bean
    RepeatedTask watchTask(Watch watch, Ticker ticker) {
        return new RepeatedTask("watch", watch::turn, ticker);
    }

    @Bean
    RepeatedTask monthsTask(Months months, Ticker ticker) {
        return new RepeatedTask("making of months", months::ensure, ticker);
    }

    @Bean
    SchedulingConfigurer schedule(
            RepeatedTask settlementTask,
            RepeatedTask watchTask,
            RepeatedTask monthsTask,
            ThreadPoolTaskScheduler taskScheduler,
            SettlementSettings settings) {
        Duration quarter = settings.settlementInterval().dividedBy(4);
        return tasks -> {
            tasks.setTaskScheduler(taskScheduler);
            tasks.addFixedDelayTask(settlementTask, quarter.compareTo(LOOK) < 0 ? quarter : LOOK);
            tasks.addFixedDelayTask(watchTask, LOOK);
            tasks.addFixedDelayTask(monthsTask, MONTHS);
        };
    }

    @Bean
    HealthIndicator settlementHealthIndicator(RepeatedTask settlementTask, RepeatedTask watchTask, Watch watch) {
        return () -> (settlementTask.works() && watchTask.works() && watch.hasCompared() ? Health.up() : Health.down())
                .withDetail("settlement", settlementTask.works() ? "works" : "failing")
                .withDetail("watch", watchTask.works() ? "works" : "failing")
                .withDetail("counters", watch.hasCompared() ? "compared" : "not compared with the ledger yet")
                .build();
    }
}
