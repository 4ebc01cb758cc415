/** Real Redis, real Postgres and our services as child processes, for the embedded stack, for tests and for fault runs. */
@NullMarked
package dev.millrace.local.server;

import org.jspecify.annotations.NullMarked;
