package dev.millrace.client;

import java.util.concurrent.CompletableFuture;

/**
 * An event that waits or is under way.
 *
 * @param json as it is sent
 * @param bytes of it in UTF-8
 * @param since when the client took it, by the monotonic clock
 */
record Pending(Event event, String json, int bytes, CompletableFuture<Outcome> outcome, long since) {}
