package dev.millrace.ingest.verify;

/** What is known of an event before it reaches Redis: it may count, it never will, or it is to be sent again. */
public sealed interface Verdict permits PricedEvent, Outcome, NotYetKnown {}
