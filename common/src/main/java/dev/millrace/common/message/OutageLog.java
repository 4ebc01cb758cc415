package dev.millrace.common.message;

import com.google.common.base.Ticker;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Logs what fails again and again: each cause once, however often it is met, and once that it is over and how long it lasted. Thread-safe.
 */
public final class OutageLog {
    /** A cause that quotes something else each time would fill the log. */
    private static final int MOST_CAUSES = 20;

    private static final Logger log = LoggerFactory.getLogger(OutageLog.class);

    private final String what;
    private final Level level;
    private final Ticker ticker;
    private final Set<String> causes = new HashSet<>();
    private long began;

    /**
     * An outage that may end by itself.
     *
     * @param what the outage, as the log's sentence begins
     */
    public OutageLog(String what, Ticker ticker) {
        this(what, Level.WARN, ticker);
    }

    /** @param level of its beginning; {@code ERROR} for one that takes a person to end it */
    public OutageLog(String what, Level level, Ticker ticker) {
        this.what = what;
        this.level = level;
        this.ticker = ticker;
    }

    /** It fails for this reason. Numbers tell no two reasons apart. */
    public synchronized void failed(String cause) {
        if (causes.isEmpty()) {
            began = ticker.read();
        }
        if (causes.size() < MOST_CAUSES && causes.add(cause.replaceAll("[0-9]+", "0"))) {
            log.atLevel(level).log("{}: {} (said once until it is over)", what, cause);
        }
    }

    /** It works. */
    public synchronized void over() {
        if (!causes.isEmpty()) {
            causes.clear();
            log.info(
                    "{}: over after {} s",
                    what,
                    Duration.ofNanos(ticker.read() - began).toSeconds());
        }
    }
}
