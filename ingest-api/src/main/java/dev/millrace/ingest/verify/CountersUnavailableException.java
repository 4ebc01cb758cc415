package dev.millrace.ingest.verify;

/** Millrace can't count the request now. The caller must send it again. Has no stack trace: this is an answer, not a fault. */
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
