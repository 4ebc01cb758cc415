package dev.millrace.ingest.verify;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Why an event is rejected, in the order in which it is judged. The names are part of the protocol. */
public enum RejectionCode {
    TOKEN_MALFORMED,
    TOKEN_SIGNATURE,
    TOKEN_EXPIRED,
    TOKEN_NOT_YET_VALID,
    TOKEN_LIFETIME,
    TOKEN_SUPERSEDED,
    TOKEN_AUDIENCE,
    KEY_UNKNOWN,
    KEY_REVOKED,
    PAGE_TOKENS_OFF,
    ORIGIN_NOT_LISTED,
    TYPE_UNKNOWN,
    TYPE_NOT_GRANTED,
    KEY_INVALID,
    REFERRER_NOT_SEARCH,
    PUBLISHER_SUSPENDED,
    CREATOR_NOT_LISTED,
    PAGE_VISITORS,
    PUBLISHER_RATE,
    PUBLISHER_OVER_BUDGET,
    PUBLISHER_CREATORS;

    private final String wireName = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** Whether the same event may count later. */
    public boolean isTemporary() {
        return this == PUBLISHER_RATE || this == PUBLISHER_OVER_BUDGET;
    }

    /** The code in answers and metrics. */
    @JsonValue
    public String wireName() {
        return wireName;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
