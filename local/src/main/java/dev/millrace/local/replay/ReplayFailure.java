package dev.millrace.local.replay;

/** A replay that could not go on; the message is meant for the person at the terminal. */
public final class ReplayFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ReplayFailure(String message) {
        super(message);
    }
}
