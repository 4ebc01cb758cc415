package dev.millrace.lab.overload;

import dev.millrace.lab.load.Drive;
import java.time.Duration;

/** A time of arrivals at one rate. */
record Phase(Drive.OpenLoop drive, Duration length) {
    /** @param perSecond requests a second, above 0 */
    static Phase of(double perSecond, Duration length) {
        return new Phase(new Drive.OpenLoop(perSecond), length);
    }

    /** How many come; at least one. */
    int arrivals() {
        return Math.max(1, (int) (drive.perSecond() * length.toMillis() / 1_000));
    }
}
