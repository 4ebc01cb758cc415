package dev.millrace.counters;

/** Redis does not answer, or refuses every command now: it is loading, a replica, or not the one that serves these keys. */
public final class RedisUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RedisUnavailableException(String why) {
        super(why);
    }

    RedisUnavailableException(String why, Throwable cause) {
        super(why, cause);
    }
}
