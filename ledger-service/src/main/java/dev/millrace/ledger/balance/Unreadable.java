package dev.millrace.ledger.balance;

/** The counters can't be read, or can't be the ones the ledger was settled from. */
final class Unreadable extends Exception {
    private final String reason;

    /**
     * @param reason for the caller to read
     */
    Unreadable(String reason) {
        this(reason, reason);
    }

    /**
     * @param reason for the caller to read
     * @param message for the log
     */
    Unreadable(String reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
