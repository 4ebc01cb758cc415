/** Publishers, keys and rate cards: administered here, published to Redis for ingest. */
@NullMarked
package dev.millrace.ledger.catalog;

import org.jspecify.annotations.NullMarked;
