package dev.millrace.ingest.verify;

/** What is known of an event before it reaches Redis. */
public sealed interface Verdict permits PricedEvent, Rejected, NotYetKnown {}
