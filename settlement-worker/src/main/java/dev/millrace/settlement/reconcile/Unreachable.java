package dev.millrace.settlement.reconcile;

import dev.millrace.counters.RedisRefusedException;
import java.sql.SQLException;
import java.util.Optional;
import org.springframework.core.NestedExceptionUtils;

/** Says in one line what is wrong with a store, and what to do. */
final class Unreachable {
    private Unreachable() {}

    /**
     * @param redis address of Redis
     * @param postgres address of the ledger
     */
    static String explain(Throwable e, String redis, String postgres) {
        Optional<SQLException> sql = causes(e, SQLException.class);
        if (sql.isPresent()) {
            return "the ledger (%s) can't be read: %s\nIs Postgres up, and do MILLRACE_POSTGRES_URL, _USER and _PASSWORD (and _READER, _READER_PASSWORD) fit it?"
                    .formatted(postgres, sql.get().getMessage());
        }
        if (e instanceof RedisRefusedException) {
            return "the counters (%s) can't be read: Redis answers %s".formatted(redis, e.getMessage());
        }
        return "the counters (%s) can't be read: %s\nIs Redis up, and does MILLRACE_REDIS_URL fit it?"
                .formatted(redis, NestedExceptionUtils.getMostSpecificCause(e).getMessage());
    }

    private static <T extends Throwable> Optional<T> causes(Throwable e, Class<T> type) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return Optional.of(type.cast(cause));
            }
        }
        return Optional.empty();
    }
}
