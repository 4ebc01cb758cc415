package dev.millrace.ingest.verify;

/** What is known of an event before it reaches Redis: it may count, or it never will. */
public sealed interface Verdict permits PricedEvent, Outcome {}
