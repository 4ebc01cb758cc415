/** The publishers, keys and rate cards in force, as ledger-service publishes and the others read them. */
@NullMarked
package dev.millrace.common.catalog;

import org.jspecify.annotations.NullMarked;
