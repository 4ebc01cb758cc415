/** Money that people move: corrections, payouts, holds; and the trail that administration leaves. */
@NullMarked
package dev.millrace.ledger.money;

import org.jspecify.annotations.NullMarked;
