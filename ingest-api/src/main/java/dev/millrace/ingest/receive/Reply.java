package dev.millrace.ingest.receive;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.ingest.verify.Outcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request whose events all have their outcome.
 *
 * @param accepted number of events that count
 * @param duplicate number of events that counted before
 * @param filtered number of events that are no reader's
 * @param rejected number of events that do not count
 * @param results one an event, in their order, or null where the client does not want them
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Reply(
        int accepted,
        int duplicate,
        int filtered,
        int rejected,
        @Nullable List<Outcome> results) {
    static Reply of(List<Outcome> outcomes, boolean minimal) {
        int accepted = 0;
        int duplicate = 0;
        int filtered = 0;
        for (Outcome outcome : outcomes) {
            switch (outcome.status()) {
                case ACCEPTED -> accepted++;
                case DUPLICATE -> duplicate++;
                case FILTERED -> filtered++;
                case REJECTED -> {}
            }
        }
        int rejected = outcomes.size() - accepted - duplicate - filtered;
        return new Reply(accepted, duplicate, filtered, rejected, minimal ? null : outcomes);
    }
}
