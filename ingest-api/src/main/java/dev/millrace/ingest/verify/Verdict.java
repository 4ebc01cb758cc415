package dev.millrace.ingest.verify;

/** What is known of an event before it reaches Redis. */
public sealed interface Verdict permits Countable, Rejected {}
