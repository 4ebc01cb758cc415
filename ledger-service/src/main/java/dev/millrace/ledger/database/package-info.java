/** Postgres: which connections are used, and which database is migrated. */
@NullMarked
package dev.millrace.ledger.database;

import org.jspecify.annotations.NullMarked;
