package dev.millrace.lab.load;

import java.util.function.BooleanSupplier;

/** How requests come to be sent. */
public sealed interface Drive {
    /** Each connection sends its next request as soon as it has the answer to the one before. */
    record ClosedLoop() implements Drive {}

    /**
     * At moments fixed beforehand, whether answers come or not. The time of a request counts from its moment, also when no
     * connection was free then, so that a server that stalls can't hide it by holding the client up.
     *
     * @param perSecond requests a second, above 0
     */
    record OpenLoop(double perSecond) implements Drive {
        private static final double SECOND = 1e9;

        public OpenLoop {
            if (!(perSecond > 0)) {
                throw new IllegalArgumentException(
                        "a rate of %s requests/s; it takes more than 0".formatted(perSecond));
            }
        }

        /** Nanoseconds from the start to the moment of a request. */
        public long moment(int request) {
            return (long) (request * (SECOND / perSecond));
        }
    }

    /**
     * An open loop that ends before its last request when it is over; what was sent until then is waited for.
     *
     * @param pace when requests are sent
     * @param over asked now and then
     */
    record Until(OpenLoop pace, BooleanSupplier over) implements Drive {}
}
