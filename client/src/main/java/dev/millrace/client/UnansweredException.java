package dev.millrace.client;

/**
 * The edge did not say what became of an event: it was out of reach for too long, it refused the whole request, or the client
 * was closed first. The event may have counted. It is safe to send it again with the same token: then it is paid once.
 */
public final class UnansweredException extends Exception {
    private static final long serialVersionUID = 1;

    UnansweredException(String message) {
        super(message);
    }
}
