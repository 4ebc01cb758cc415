package dev.millrace.ledger.catalog;

import dev.millrace.ledger.creator.Years;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * A key as asked for.
 *
 * @param expires whole second from which on it signs nothing; absent: it does not end by itself
 * @param reason why, for the audit trail
 */
record KeyRequest(
        @Schema(format = "date-time", nullable = true, example = "2030-01-01T00:00:00Z") @Nullable
        String expires,

        @Schema(maxLength = 500, nullable = true) @Nullable String reason) {

    static final KeyRequest NONE = new KeyRequest(null, null);

    /**
     * When it ends.
     *
     * @throws dev.millrace.service.problem.ProblemException {@code key-invalid}
     */
    @Nullable
    Instant end(Instant now) {
        if (expires == null) {
            return null;
        }
        try {
            Instant end = Instant.parse(expires);
            if (end.isAfter(now) && Years.hold(end) && end.equals(end.truncatedTo(ChronoUnit.SECONDS))) {
                return end;
            }
        } catch (DateTimeException e) {
            // refused below
        }
        throw Problem.KEY_INVALID.because(
                "expires '%s' is not a whole second after now, %s, such as 2030-01-01T00:00:00Z", expires, now);
    }

    @Nullable
    String why() {
        return Reason.checked(Problem.KEY_INVALID, reason);
    }
}
