package dev.millrace.ingest.tally;

/** A partition's counters can't be used now. Carries no stack trace: it is an answer, not a fault. */
final class CountersRefused extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param why for the publisher's engineer */
    CountersRefused(String why) {
        super(why, null, false, false);
    }

    CountersRefused(int partition, String why) {
        this("partition %d: %s".formatted(partition, why));
    }

    String why() {
        return String.valueOf(getMessage());
    }
}
