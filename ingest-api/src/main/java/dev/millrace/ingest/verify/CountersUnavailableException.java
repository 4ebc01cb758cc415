package dev.millrace.ingest.verify;

/** A request can't be counted now: it is to be sent again. Carries no stack trace: it is an answer, not a fault. */
public final class CountersUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param why for the publisher's engineer */
    public CountersUnavailableException(String why) {
        super(why, null, false, false);
    }

    /** Why, for the publisher's engineer. */
    public String why() {
        return String.valueOf(getMessage());
    }
}
