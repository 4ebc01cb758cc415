package dev.millrace.local.server;

/** A server's promise about an acknowledged write. */
public enum Durability {
    /** It survives a power cut: Redis {@code appendfsync always}, Postgres {@code fsync on}. */
    ALWAYS,
    /** It survives the end of the server process only; for tests that are about something else. Logins are quick there, too. */
    RELAXED
}
