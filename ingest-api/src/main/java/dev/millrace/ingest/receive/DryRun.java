package dev.millrace.ingest.receive;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.ingest.check.Hint;
import dev.millrace.ingest.check.Hints;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.RejectionCode;
import dev.millrace.ingest.verify.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The answer to a dry run. Whether an event counted before is not known, nor what its publisher's budget and rate leave.
 *
 * @param now estimate of Redis' clock, Unix seconds
 * @param currency ISO 4217 code of the currency whose micros are paid
 * @param results what would become of each event, in their order
 */
record DryRun(long now, String currency, List<Result> results) {
    /**
     * One event's.
     *
     * @param reason why it would be filtered
     * @param claims the token's payload, also where its signature does not hold; null: it is no JSON object
     * @param micros what it would pay
     * @param expiresIn seconds for which the token is still taken
     * @param hints what is probably wrong
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Result(
            Outcome.Status status,
            @Nullable RejectionCode code,
            @Nullable String detail,
            @Nullable String reason,
            @Nullable JsonNode claims,
            @Nullable Long micros,
            @Nullable Long expiresIn,

            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Hint> hints) {}

    static DryRun of(List<Event> events, List<Verdict> verdicts, Hints.Run hints, String currency, long now) {
        List<Result> results = new ArrayList<>(events.size());
        for (int i = 0; i < events.size(); i++) {
            results.add(result(events.get(i), verdicts.get(i), hints, now));
        }
        return new DryRun(now, currency, results);
    }

    private static Result result(Event event, Verdict verdict, Hints.Run hints, long now) {
        PricedEvent priced = verdict instanceof PricedEvent counts ? counts : null;
        Outcome outcome = switch (verdict) {
            case PricedEvent counts -> counts.counted();
            case Outcome refused -> refused;
        };
        return new Result(
                outcome.status(),
                outcome.code(),
                outcome.detail(),
                outcome.reason(),
                hints.token(event).payload(),
                priced == null ? null : priced.micros(),
                priced == null ? null : priced.expiresAt() - now,
                hints.of(event, outcome.code()));
    }
}
