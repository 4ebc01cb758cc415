package dev.millrace.ledger.problem;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Logs the beginning and the end of an outage, once each, however many requests it hits. Thread-safe. */
public final class Outage {
    private static final Logger LOG = LoggerFactory.getLogger(Outage.class);

    private final String what;
    private final Level level;
    private final AtomicBoolean lasting = new AtomicBoolean();

    /**
     * An outage that may end by itself.
     *
     * @param what what is out, as the log's sentence begins
     */
    public Outage(String what) {
        this(what, Level.WARN);
    }

    /**
     * @param what what is out, as the log's sentence begins
     * @param level of its beginning; {@code ERROR} for one that takes a person to end it
     */
    public Outage(String what, Level level) {
        this.what = what;
        this.level = level;
    }

    public void failed(String cause) {
        if (lasting.compareAndSet(false, true)) {
            LOG.atLevel(level).log("{}: {} (said once until it is over)", what, cause);
        }
    }

    public void over() {
        if (lasting.compareAndSet(true, false)) {
            LOG.info("{}: over", what);
        }
    }
}
