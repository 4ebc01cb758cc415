/** The catalogue in force: publishers, keys and prices, as ledger-service has signed them. */
@NullMarked
package dev.millrace.ingest.catalog;

import org.jspecify.annotations.NullMarked;
