/** The service that tells creators what they have earned, and keeps the catalogue that prices it. */
@NullMarked
package dev.millrace.ledger;

import org.jspecify.annotations.NullMarked;
