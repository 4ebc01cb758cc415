/** The live balance: what is settled in Postgres plus what is pending in Redis, in one consistent reading. */
@NullMarked
package dev.millrace.ledger.balance;

import org.jspecify.annotations.NullMarked;
