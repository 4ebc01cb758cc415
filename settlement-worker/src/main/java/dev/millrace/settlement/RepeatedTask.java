package dev.millrace.settlement;

import com.google.common.base.Ticker;
import dev.millrace.common.message.OutageLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;

/** A task that runs again and again: a failure is logged as an outage, and the next run tries again. */
final class RepeatedTask implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(RepeatedTask.class);

    private final String what;
    private final Runnable task;
    private final OutageLog outage;
    private volatile boolean works;

    /** @param what the task does, for the log */
    RepeatedTask(String what, Runnable task, Ticker ticker) {
        this.what = what;
        this.task = task;
        this.outage = new OutageLog("The %s fails".formatted(what), ticker);
    }

    @Override
    public void run() {
        try {
            task.run();
            outage.over();
            works = true;
        } catch (Throwable e) { // an Error too: it would end the task for good
            works = false;
            log.debug("{} failed", what, e);
            outage.failed(NestedExceptionUtils.getMostSpecificCause(e)
                    .toString()
                    .lines()
                    .findFirst()
                    .orElse(""));
        }
    }

    /** Whether the last run worked. */
    boolean works() {
        return works;
    }
}
