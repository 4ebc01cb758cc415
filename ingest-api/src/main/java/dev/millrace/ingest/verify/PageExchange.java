package dev.millrace.ingest.verify;

/** What becomes of a page token that is to be exchanged. */
public sealed interface PageExchange {
    /**
     * @param token an event token of the same kid
     * @param expiresAt its {@code exp}, Unix seconds
     */
    record Made(String token, long expiresAt) implements PageExchange {
        /** Without the token. */
        @Override
        public String toString() {
            return "Made[expiresAt=%d]".formatted(expiresAt);
        }
    }

    /** It is not exchanged, now or ever. */
    record Refused(Outcome outcome) implements PageExchange {}
}
