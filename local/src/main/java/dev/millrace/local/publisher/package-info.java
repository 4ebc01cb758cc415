/** Publishers and their keys, as the running local ledger knows them. */
@NullMarked
package dev.millrace.local.publisher;

import org.jspecify.annotations.NullMarked;
