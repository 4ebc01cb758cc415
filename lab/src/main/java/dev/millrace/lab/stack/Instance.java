package dev.millrace.lab.stack;

import dev.millrace.local.settings.Part;

/**
 * One process of a service.
 *
 * @param part which service
 * @param number 1 and up
 */
public record Instance(Part part, int number) {
    /** What runs once. */
    public static final Instance LEDGER = new Instance(Part.LEDGER, 1);

    public static Instance ingest(int number) {
        return new Instance(Part.INGEST, number);
    }

    public static Instance worker(int number) {
        return new Instance(Part.WORKER, number);
    }

    /** How messages and log files call it. */
    @Override
    public String toString() {
        return part.label() + "-" + number;
    }
}
