package dev.millrace.lab.load;

/** What HTTP statuses mean to a client that wants to be rid of its request. */
public final class Status {
    static final int OK = 200;

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;

    private Status() {}

    public static boolean isSuccess(int status) {
        return status >= OK && status < 300;
    }

    /** It asks for the same again, later. */
    public static boolean isRefusal(int status) {
        return status == TOO_MANY_REQUESTS || status == UNAVAILABLE;
    }
}
