package dev.millrace.ingest.verify;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.millrace.common.token.Filter;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one event, as its sender is told.
 *
 * @param code why it was rejected, for programs
 * @param detail why it was rejected, for people; never holds a token or a secret
 * @param reason why it was filtered: the name of a {@link Filter}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Outcome(
        Status status,
        @Nullable RejectionCode code,
        @Nullable String detail,
        @Nullable String reason) implements Verdict {
    /** It counts, now and for good. */
    public static final Outcome ACCEPTED = new Outcome(Status.ACCEPTED, null, null, null);

    /** It counted before; it is not paid again. */
    public static final Outcome DUPLICATE = new Outcome(Status.DUPLICATE, null, null, null);

    /** It does not count. */
    public static Outcome rejected(RejectionCode code, String detail) {
        return new Outcome(Status.REJECTED, code, detail, null);
    }

    /** It is no reader's: it is archived, and pays nothing. */
    public static Outcome filtered(Filter filter) {
        return new Outcome(Status.FILTERED, null, null, filter.wireName());
    }

    /** Whether it may count later, when the same event is sent again; null: it will not. */
    @JsonProperty("retry")
    public @Nullable Boolean retry() {
        return (code != null && code.isTemporary()) ? true : null;
    }

    /** The names are part of the protocol. */
    public enum Status {
        ACCEPTED("accepted"),
        DUPLICATE("duplicate"),
        FILTERED("filtered"),
        REJECTED("rejected");

        private final String wireName;

        Status(String wireName) {
            this.wireName = wireName;
        }

        @JsonValue
        @Override
        public String toString() {
            return wireName;
        }
    }
}
