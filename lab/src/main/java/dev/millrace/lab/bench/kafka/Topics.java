package dev.millrace.lab.bench.kafka;

/** What flows through Kafka. */
public final class Topics {
    /** Events by creator, so that all of one creator, and so all with one id, are in the same partition. */
    public static final String CLICKS = "clicks";

    /** The latest total of each creator: micros by creator. */
    public static final String TOTALS = "totals";

    /** Of each topic; two a core of a small machine. */
    public static final int PARTITIONS = 4;

    private Topics() {}
}
