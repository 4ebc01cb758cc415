package dev.millrace.ledger.catalog;

import dev.millrace.common.catalog.Rate;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.media.Schema;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A rate card as asked for. Numbers are read as decimals of any size, so that 0.5 micros is refused and not rounded.
 *
 * @param publisher whose events it prices; absent: everybody's
 * @param effectiveAt whole second; absent: as soon as possible
 * @param rates by type; types left out keep the rate in force at that time
 * @param force also where a price changes by more than the configured factor
 * @param reason why, for the audit trail
 */
record RateRequest(
        @Schema(nullable = true, example = "demo") @Nullable String publisher,

        @Schema(format = "date-time", nullable = true, example = "2030-01-01T00:00:00Z") @Nullable
        String effectiveAt,

        @Nullable Map<String, @Nullable NewRate> rates,

        @Schema(nullable = true, example = "false") @Nullable
        Boolean force,

        @Schema(maxLength = 500, nullable = true) @Nullable String reason) {

    record NewRate(
            @Schema(implementation = Long.class, minimum = "0", maximum = "1000000000", example = "1200") @Nullable
            BigDecimal micros,

            @Schema(implementation = Integer.class, minimum = "1", example = "1") @Nullable
            BigDecimal cap) {}

    /**
     * @throws dev.millrace.service.problem.ProblemException {@code rate-invalid}, when it is no time
     */
    @Nullable
    Instant time() {
        if (effectiveAt == null) {
            return null;
        }
        try {
            return Instant.parse(effectiveAt);
        } catch (DateTimeException e) {
            throw Problem.RATE_INVALID.because(
                    "effectiveAt '%s' is not a time such as 2030-01-01T00:00:00Z", effectiveAt);
        }
    }

    /**
     * @throws dev.millrace.service.problem.ProblemException {@code rate-invalid}, naming the first value that can't be used
     */
    Map<String, Rate> changes() {
        if (publisher != null && !Kid.PUBLISHER.matcher(publisher).matches()) {
            throw Problem.RATE_INVALID.because("publisher '%s' is not of the form [a-z0-9-]{1,32}", publisher);
        }
        if (rates == null || rates.isEmpty()) {
            throw Problem.RATE_INVALID.because("'rates' names no type; it takes at least one of %s", types());
        }
        Map<String, Rate> changes = new TreeMap<>();
        rates.forEach((type, rate) -> changes.put(type, checked(type, rate)));
        return changes;
    }

    private static Rate checked(String type, @Nullable NewRate rate) {
        if (EventType.named(type).isEmpty()) {
            throw Problem.RATE_INVALID.because("type '%s' is none of %s", type, types());
        }
        if (rate == null) {
            throw Problem.RATE_INVALID.because("rates.%s is null; it takes micros and cap", type);
        }
        long micros = whole("rates.%s.micros".formatted(type), rate.micros(), Rate.MOST_MICROS, 0);
        long cap = whole("rates.%s.cap".formatted(type), rate.cap(), Integer.MAX_VALUE, 1);
        try {
            return new Rate(micros, Math.toIntExact(cap));
        } catch (IllegalArgumentException e) {
            throw Problem.RATE_INVALID.because("rates.%s: %s", type, e.getMessage());
        }
    }

    private static long whole(String name, @Nullable BigDecimal value, long most, long least) {
        if (value == null) {
            throw Problem.RATE_INVALID.because("%s is missing", name);
        }
        try {
            long whole = value.longValueExact();
            if (whole >= least && whole <= most) {
                return whole;
            }
        } catch (ArithmeticException e) {
            // refused below
        }
        throw Problem.RATE_INVALID.because(
                "%s %s is not a whole number from %d to %d", name, value.toString(), least, most);
    }

    private static String types() {
        return EventType.names(" ");
    }
}
