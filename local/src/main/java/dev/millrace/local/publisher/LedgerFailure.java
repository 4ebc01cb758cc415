package dev.millrace.local.publisher;

/** The ledger could not do what was asked; the message is meant for the person at the terminal. */
public final class LedgerFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    public LedgerFailure(String message) {
        super(message);
    }
}
