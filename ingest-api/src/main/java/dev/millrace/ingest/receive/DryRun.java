package dev.millrace.ingest.receive;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.RejectionCode;
import dev.millrace.ingest.verify.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The answer to a dry run: what would become of each event, in their order. Whether one counted before is not known, nor what its publisher's
 * budget and rate leave.
 */
record DryRun(List<Result> results) {
    private static final JsonMapper JSON = JsonMapper.shared();

    /**
     * One event's.
     *
     * @param reason why it would be filtered
     * @param claims the token's payload, also where its signature does not hold; null: it is no JSON object
     * @param micros what it would pay
     * @param expiresIn seconds for which the token is still taken
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Result(
            Outcome.Status status,
            @Nullable RejectionCode code,
            @Nullable String detail,
            @Nullable String reason,
            @Nullable JsonNode claims,
            @Nullable Long micros,
            @Nullable Long expiresIn) {}

    /** @param now estimate of Redis' clock, Unix seconds */
    static DryRun of(List<Event> events, List<Verdict> verdicts, long now) {
        List<Result> results = new ArrayList<>(events.size());
        for (int i = 0; i < events.size(); i++) {
            JsonNode claims = claims(events.get(i).token());
            results.add(
                    switch (verdicts.get(i)) {
                        case PricedEvent event -> {
                            Outcome outcome = event.counted();
                            yield new Result(
                                    outcome.status(),
                                    null,
                                    null,
                                    outcome.reason(),
                                    claims,
                                    event.micros(),
                                    event.expiresAt() - now);
                        }
                        case Outcome outcome ->
                            new Result(
                                    outcome.status(),
                                    outcome.code(),
                                    outcome.detail(),
                                    outcome.reason(),
                                    claims,
                                    null,
                                    null);
                    });
        }
        return new DryRun(results);
    }

    private static @Nullable JsonNode claims(@Nullable String token) {
        String[] parts = token == null ? new String[0] : token.split("\\.", -1);
        if (parts.length < 2) {
            return null;
        }
        try {
            JsonNode payload =
                    JSON.readTree(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8));
            return payload.isObject() ? payload : null;
        } catch (JacksonException | IllegalArgumentException e) {
            return null;
        }
    }
}
