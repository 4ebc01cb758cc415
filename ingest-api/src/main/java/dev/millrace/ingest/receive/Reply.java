package dev.millrace.ingest.receive;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.ingest.tally.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request whose events all have their outcome.
 *
 * @param accepted number of events that count
 * @param duplicate number of events that counted before
 * @param rejected number of events that will never count
 * @param results one an event, in their order, or null where the client does not want them
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Reply(
        int accepted, int duplicate, int rejected, @Nullable List<Result> results) {

    /**
     * @param status {@code accepted}, {@code duplicate} or {@code rejected}
     * @param code why it was rejected, for programs
     * @param detail why it was rejected, for people
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Result(
            String status, @Nullable String code, @Nullable String detail) {
        private static final Result ACCEPTED = new Result("accepted", null, null);
        private static final Result DUPLICATE = new Result("duplicate", null, null);

        static Result of(Outcome outcome) {
            return switch (outcome) {
                case Outcome.Accepted a -> ACCEPTED;
                case Outcome.Duplicate d -> DUPLICATE;
                case Outcome.Refused refused ->
                    new Result(
                            "rejected",
                            refused.why().code().wireName(),
                            refused.why().detail());
            };
        }
    }

    static Reply of(List<Outcome> outcomes, boolean minimal) {
        int accepted = 0;
        int duplicate = 0;
        List<Result> results = minimal ? null : new ArrayList<>(outcomes.size());
        for (Outcome outcome : outcomes) {
            switch (outcome) {
                case Outcome.Accepted a -> accepted++;
                case Outcome.Duplicate d -> duplicate++;
                case Outcome.Refused refused -> {}
            }
            if (results != null) {
                results.add(Result.of(outcome));
            }
        }
        return new Reply(accepted, duplicate, outcomes.size() - accepted - duplicate, results);
    }

    boolean rejectedAll() {
        return accepted == 0 && duplicate == 0;
    }
}
