package dev.millrace.lab.load;

import java.util.function.BooleanSupplier;

/**
 * When requests are sent: in a closed loop, where each connection sends its next request as soon as it has the answer to the
 * one before, or at moments fixed beforehand, whether answers come or not. Then the time of a request counts from its moment,
 * also when no connection was free, so that a server that stalls can't hide it by holding the client up.
 *
 * @param perSecond requests a second, infinite for a closed loop
 * @param over asked now and then; what has not been sent when it is over is left out
 */
public record Pace(double perSecond, BooleanSupplier over) {
    public static final Pace CLOSED_LOOP = new Pace(Double.POSITIVE_INFINITY, () -> false);

    private static final double SECOND = 1e9;

    public Pace {
        if (!(perSecond > 0)) {
            throw new IllegalArgumentException("a rate of %s requests/s; it takes more than 0".formatted(perSecond));
        }
    }

    /** At this rate until the last request. */
    public Pace(double perSecond) {
        this(perSecond, () -> false);
    }

    boolean isClosedLoop() {
        return Double.isInfinite(perSecond);
    }

    /** Nanoseconds from the start to the moment of a request. */
    public long moment(int request) {
        return (long) (request * (SECOND / perSecond));
    }
}
