package dev.millrace.lab.overload;

import java.util.OptionalDouble;

/** When a server is back to normal, told by the arrivals that come evenly after an overload. */
final class Recovery {
    private static final int ONE_PERCENT = 100;

    private Recovery() {}

    /**
     * Seconds from the first arrival until 99 % of every whole second that begins then or later were accepted in normal time;
     * empty where the last second was not so.
     *
     * @param nanos that each arrival took, {@link Score#NEVER} where it was not accepted
     * @param perSecond arrivals a second
     * @param normal most nanoseconds that count as normal
     */
    static OptionalDouble after(long[] nanos, double perSecond, long normal) {
        int window = Math.max(1, (int) Math.round(perSecond));
        int slow = 0;
        int back = 0;
        for (int i = 0; i < nanos.length; i++) {
            slow += nanos[i] > normal ? 1 : 0;
            int first = i - window + 1;
            if (first > 0) {
                slow -= nanos[first - 1] > normal ? 1 : 0;
            }
            if (first >= 0 && slow > window / ONE_PERCENT) {
                back = first + 1;
            }
        }
        return back + window <= nanos.length ? OptionalDouble.of(back / perSecond) : OptionalDouble.empty();
    }
}
