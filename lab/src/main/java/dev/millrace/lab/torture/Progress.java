package dev.millrace.lab.torture;

/** Where a run is, for whoever watches. */
interface Progress extends AutoCloseable {
    /** A step, in words. */
    void step(String text);

    /** The state while faults happen; called several times a second. */
    void state(Snapshot now);

    @Override
    void close();
}
