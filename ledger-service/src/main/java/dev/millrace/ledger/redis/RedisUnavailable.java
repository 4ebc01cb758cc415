package dev.millrace.ledger.redis;

/** Redis did not answer, or not in time. An expected outcome, so it must be handled. */
public final class RedisUnavailable extends Exception {
    RedisUnavailable(String message) {
        super(message, null, false, false);
    }
}
