/** The live balance: settled money in Postgres plus pending money in Redis, in one consistent reading. */
@NullMarked
package dev.millrace.ledger.balance;

import org.jspecify.annotations.NullMarked;
