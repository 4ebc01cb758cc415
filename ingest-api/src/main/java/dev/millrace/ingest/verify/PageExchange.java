package dev.millrace.ingest.verify;

import dev.millrace.common.token.Kid;
import org.jspecify.annotations.Nullable;

/** What becomes of a page token that is to be exchanged. */
public sealed interface PageExchange {
    /**
     * @param token an event token of the same kid
     * @param expiresAt its {@code exp}, Unix seconds
     * @param kid of both tokens
     */
    record Made(String token, long expiresAt, Kid kid) implements PageExchange {
        /** Without the token. */
        @Override
        public String toString() {
            return "Made[expiresAt=%d]".formatted(expiresAt);
        }
    }

    /**
     * It is not exchanged, now or ever.
     *
     * @param kid the key that the token names, where the catalogue has it
     */
    record Refused(Outcome outcome, @Nullable Kid kid) implements PageExchange {}
}
