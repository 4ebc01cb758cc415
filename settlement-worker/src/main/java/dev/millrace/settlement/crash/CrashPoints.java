package dev.millrace.settlement.crash;

/**
 * Is told which step the worker has reached. The worker itself has one implementation, which does nothing and which the
 * JIT compiler removes; no setting and no message can put another in its place. Tests do, as a bean of this type.
 */
@FunctionalInterface
public interface CrashPoints {
    /** What runs in production. */
    CrashPoints NONE = point -> {};

    void reached(CrashPoint point);
}
