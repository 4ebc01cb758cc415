package dev.millrace.ingest.receive;

/**
 * The answer to a page token: the event token that its page goes on with.
 *
 * @param exp from this second on it is expired, Unix time
 */
record ExchangedPage(String token, long exp) {
    /** Without the token. */
    @Override
    public String toString() {
        return "ExchangedPage[exp=%d]".formatted(exp);
    }
}
