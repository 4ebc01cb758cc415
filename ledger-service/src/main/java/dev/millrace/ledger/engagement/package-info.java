/** A creator's engagement: units and micros by article. */
@NullMarked
package dev.millrace.ledger.engagement;

import org.jspecify.annotations.NullMarked;
