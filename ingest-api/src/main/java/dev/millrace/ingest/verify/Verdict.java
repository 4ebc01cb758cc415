package dev.millrace.ingest.verify;

/** The verdict on an event before it reaches Redis: it may count, or it never will. */
public sealed interface Verdict permits PricedEvent, Outcome {}
