/** Tables for people's spreadsheets. */
@NullMarked
package dev.millrace.ledger.csv;

import org.jspecify.annotations.NullMarked;
