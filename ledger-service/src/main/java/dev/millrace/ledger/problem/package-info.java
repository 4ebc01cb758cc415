/** The problems of the ledger: what its stores fail with, and which of them an endpoint answers with. */
@NullMarked
package dev.millrace.ledger.problem;

import org.jspecify.annotations.NullMarked;
