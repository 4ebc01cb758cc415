package dev.millrace.counters;

/** Redis answered a command with an error that is about its keys: one of another type, memory that is full. */
public final class RedisRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RedisRefusedException(String why, Throwable cause) {
        super(why, cause);
    }
}
