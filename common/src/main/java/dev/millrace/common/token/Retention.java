package dev.millrace.common.token;

/** For how long the identity of a counted event is remembered. The names are part of the keys in Redis. */
public enum Retention {
    /** 2 h 10 min by default, never less than a token's lifetime + 120 s: for events that only a living token can repeat. */
    SHORT("short"),

    /** 32 days by default: for events that a reader gives once, with any token. */
    LONG("long");

    private final String wireName;

    Retention(String wireName) {
        this.wireName = wireName;
    }

    /** The name in keys, settings and metrics. */
    public String wireName() {
        return wireName;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
