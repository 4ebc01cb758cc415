package dev.millrace.lab.torture;

import dev.millrace.local.server.PostgresServer;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How late settlements are: the age of the oldest partition's last settled seal, beyond the interval. While Postgres does
 * not answer, it grows from what was last known. {@link #look} is for one thread, the rest for any.
 */
final class Lateness implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final int PATIENCE_SECONDS = 1;

    private final PostgresServer postgres;
    private final Clock clock;
    private final Duration interval;
    private Instant oldest;
    private @Nullable LedgerSession session;
    private volatile Duration now = Duration.ZERO;
    private volatile Duration longest = Duration.ZERO;

    Lateness(PostgresServer postgres, Clock clock, Duration interval) {
        this.postgres = postgres;
        this.clock = clock;
        this.interval = interval;
        this.oldest = clock.instant();
    }

    Duration now() {
        return now;
    }

    Duration longest() {
        return longest;
    }

    /** One look, and a pause. */
    void look() throws InterruptedException {
        try {
            if (session == null) {
                session = LedgerSession.open(postgres, PATIENCE_SECONDS);
            }
            oldest = session.list(
                            "SELECT min(sealed_at) FROM partition_cursor", row -> row.getObject(1, Timestamp.class))
                    .getFirst()
                    .toInstant();
        } catch (SQLException e) {
            close();
        }
        Duration late = Duration.between(oldest, clock.instant()).minus(interval);
        now = late.isNegative() ? Duration.ZERO : late;
        longest = now.compareTo(longest) > 0 ? now : longest;
        Thread.sleep(PAUSE);
    }

    @Override
    public void close() {
        try {
            if (session != null) {
                session.close();
            }
        } catch (SQLException e) {
            // It is gone in any case.
        } finally {
            session = null;
        }
    }
}
