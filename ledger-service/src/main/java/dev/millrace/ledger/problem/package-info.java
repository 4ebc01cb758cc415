/** Every error as an RFC 9457 problem detail with a stable code, and outages logged once. */
@NullMarked
package dev.millrace.ledger.problem;

import org.jspecify.annotations.NullMarked;
