/** The line to Redis: one shared connection, and the time a request may wait on it. */
@NullMarked
package dev.millrace.ledger.redis;

import org.jspecify.annotations.NullMarked;
