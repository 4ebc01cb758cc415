package dev.millrace.ingest.limit;

/** What is known of a connection by the last request over it that told anything. */
public enum Standing {
    /** It brought something new. */
    TRUSTED,
    /** Nothing is known yet. */
    NEW,
    /** It brought nothing but what had been counted before. */
    REPEATING
}
