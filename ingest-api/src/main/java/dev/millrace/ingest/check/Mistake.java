package dev.millrace.ingest.check;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What publishers do wrong. The names are part of the protocol. */
public enum Mistake {
    TOKEN_WRAPPED,
    TOKEN_ESCAPED,
    TOKEN_BASE64,
    TOKEN_INCOMPLETE,
    TOKEN_ENCRYPTED,
    ALGORITHM,
    KID_MISSING,

    SECRET_DECODED,
    SECRET_ENCODED,
    SECRET_WRAPPED,
    SECRET_MISSING,
    SECRET_OTHER,
    SECRET_UNKNOWN,
    SIGNATURE_HEX,

    MILLISECONDS,
    LOCAL_TIME,
    DURATION,
    CLAIM_TYPE,
    JTI_MISSING,
    CACHED_PAGE,
    PAGE_TOKEN,
    PAGE_TOKEN_ENDED,
    SITE;

    private final String wireName = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The code in answers. */
    @JsonValue
    public String wireName() {
        return wireName;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
