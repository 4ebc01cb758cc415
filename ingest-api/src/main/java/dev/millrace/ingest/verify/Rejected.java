package dev.millrace.ingest.verify;

/**
 * An event that will never count.
 *
 * @param code why, for programs
 * @param detail what is wrong, for people; never holds a token or a secret
 */
public record Rejected(RejectionCode code, String detail) implements Verdict {}
