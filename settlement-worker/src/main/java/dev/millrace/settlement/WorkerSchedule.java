package dev.millrace.settlement;

import com.google.common.base.Ticker;
import dev.millrace.books.Journal;
import dev.millrace.common.message.OutageLog;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.verdict.VerdictKeeper;
import dev.millrace.settlement.watch.Watch;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.Trigger;
import org.springframework.scheduling.TriggerContext;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.scheduling.config.ScheduledTaskRegistrar;

/** The worker's own tasks, and their times. */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
class WorkerSchedule implements SchedulingConfigurer {
    private static final Logger log = LoggerFactory.getLogger(WorkerSchedule.class);

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration MONTHS = Duration.ofMinutes(5);
    private static final Duration VERDICTS = Duration.ofMinutes(1);

    private final Task settlement;
    private final Task watch;
    private final Task months;
    private final Task verdicts;

    WorkerSchedule(
            Settlement settlement,
            Watch watch,
            VerdictKeeper keeper,
            JdbcClient jdbc,
            SettlementSettings settings,
            Ticker ticker) {
        Duration interval = settings.settlementInterval();
        Duration quarter = interval.dividedBy(4);
        this.settlement = new Task(
                "settlement",
                quarter.compareTo(LOOK) < 0 ? quarter : LOOK,
                settleAndLook(settlement::settleDue, watch::lookAgain, interval),
                ticker);
        this.watch = new Task(
                "watch",
                LOOK,
                () -> {
                    watch.turn();
                    return LOOK;
                },
                ticker);
        this.months = new Task(
                "making of months",
                LOOK,
                () -> {
                    Journal.makeMonths(jdbc);
                    return MONTHS;
                },
                ticker);
        this.verdicts = new Task(
                "keeping of verdicts",
                VERDICTS.dividedBy(4), // after a failure
                () -> {
                    keeper.keep();
                    return VERDICTS;
                },
                ticker);
    }

    /**
     * The scheduler stops after the web server and before the connections to both stores, which end with the beans. Its stop waits for the runs under
     * way, for as long as a phase may take ({@code spring.lifecycle.timeout-per-shutdown-phase}): a settlement that has sealed its epochs is booked.
     */
    @Bean
    static ThreadPoolTaskScheduler taskScheduler() {
        ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();
        scheduler.setPoolSize(4); // a thread for each task: a settlement may take longer than the others can wait
        scheduler.setThreadNamePrefix("task-");
        scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false); // the stop is not the time for a next run
        return scheduler;
    }

    @Override
    public void configureTasks(ScheduledTaskRegistrar tasks) {
        for (Task task : new Task[] {settlement, watch, months, verdicts}) {
            tasks.addTriggerTask(task, task);
        }
    }

    @Bean
    HealthIndicator settlementHealthIndicator(Watch comparison) {
        return () -> (settlement.works() && watch.works() && comparison.hasCompared() ? Health.up() : Health.down())
                .withDetail("settlement", settlement.works() ? "works" : "failing")
                .withDetail("watch", watch.works() ? "works" : "failing")
                .withDetail("counters", comparison.hasCompared() ? "compared" : "not compared with the ledger yet")
                .build();
    }

    /**
     * Settles due partitions, and tells the watch to look, also after a failure. Then it leaves the database alone until a partition is due again, as
     * far as is known.
     *
     * @param settleDue tells how long until something is due again; not positive where something is and can't be settled
     * @param look is told whether something is due and could not be settled
     * @param interval most time between two tries
     */
    static Supplier<Duration> settleAndLook(Supplier<Duration> settleDue, Consumer<Boolean> look, Duration interval) {
        return () -> {
            Duration until = Duration.ZERO;
            try {
                until = settleDue.get();
            } finally {
                look.accept(!until.isPositive());
            }
            return until.compareTo(interval) < 0 ? until : interval;
        };
    }

    /** A task that runs again and again. A failure is logged as an outage, and the next run, after the least pause, tries again. */
    static final class Task implements Runnable, Trigger {
        private final String what;
        private final Duration leastPause;
        private final Supplier<Duration> run;
        private final OutageLog outage;
        private volatile Duration pause;
        private volatile boolean works;

        /**
         * @param what the task's name in the log
         * @param run does it, and returns the pause before the next run
         */
        Task(String what, Duration leastPause, Supplier<Duration> run, Ticker ticker) {
            this.what = what;
            this.leastPause = leastPause;
            this.run = run;
            this.outage = new OutageLog("The %s fails".formatted(what), ticker);
            this.pause = leastPause;
        }

        @Override
        public void run() {
            try {
                pause = run.get();
                outage.over();
                works = true;
            } catch (Throwable e) { // an Error too: it would end the task for good
                pause = leastPause;
                works = false;
                log.debug("{} failed", what, e);
                outage.failed(NestedExceptionUtils.getMostSpecificCause(e)
                        .toString()
                        .lines()
                        .findFirst()
                        .orElse(""));
            }
        }

        @Override
        public Instant nextExecution(TriggerContext last) {
            Instant completion = last.lastCompletion();
            return completion == null
                    ? last.getClock().instant()
                    : completion.plus(pause.compareTo(leastPause) < 0 ? leastPause : pause);
        }

        /** Whether the last run worked. */
        boolean works() {
            return works;
        }
    }
}
