package dev.millrace.ledger.balance;

/** The counters can't be read, or can't be the ones the ledger was settled from. */
final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;
    private final boolean passing;

    private UnreadableException(String reason, String message, boolean passing) {
        super(message, null, false, false);
        this.reason = reason;
        this.passing = passing;
    }

    /** Reading again would not help. */
    static UnreadableException now(String reason) {
        return new UnreadableException(reason, reason, false);
    }

    /** Redis did not answer; the message is for the log alone. */
    static UnreadableException noAnswer(String message) {
        return new UnreadableException("the counters do not answer", message, false);
    }

    /** A store moved during the reading; the next one may find them at rest. */
    static UnreadableException moved(String reason) {
        return new UnreadableException(reason, reason, true);
    }

    /** For the caller to read. */
    String reason() {
        return reason;
    }

    /** Whether it may be over at the next try. */
    boolean isPassing() {
        return passing;
    }
}
