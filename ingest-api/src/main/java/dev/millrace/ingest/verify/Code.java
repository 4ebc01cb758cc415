package dev.millrace.ingest.verify;

/** Why an event is rejected. The names are part of the protocol. */
public enum Code {
    TOKEN_MALFORMED,
    TOKEN_SIGNATURE,
    TOKEN_EXPIRED,
    TOKEN_NOT_YET_VALID,
    TOKEN_LIFETIME,
    TOKEN_SUPERSEDED,
    KEY_UNKNOWN,
    KEY_REVOKED,
    TYPE_UNKNOWN,
    TYPE_NOT_GRANTED,
    KEY_INVALID;

    private final String wireName = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');

    /** The code in answers and metrics. */
    public String wireName() {
        return wireName;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
