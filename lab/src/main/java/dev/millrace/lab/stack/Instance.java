package dev.millrace.lab.stack;

import com.google.errorprone.annotations.Immutable;
import dev.millrace.local.settings.Part;

/**
 * One process of a service.
 *
 * @param part which service
 * @param number 1 and up
 */
@Immutable
public record Instance(Part part, int number) {
    public static final Instance LEDGER = new Instance(Part.LEDGER, 1);

    public static Instance ingest(int number) {
        return new Instance(Part.INGEST, number);
    }

    public static Instance worker(int number) {
        return new Instance(Part.WORKER, number);
    }

    /** As messages and log files name it. */
    @Override
    public String toString() {
        return part.label() + "-" + number;
    }
}
