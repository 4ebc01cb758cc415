/** Authorization: bearer tokens, a creator's own data, the administrator's scope. */
@NullMarked
package dev.millrace.ledger.access;

import org.jspecify.annotations.NullMarked;
