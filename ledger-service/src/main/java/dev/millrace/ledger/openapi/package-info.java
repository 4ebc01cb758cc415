/** The description of the API, made from the code that answers. */
@NullMarked
package dev.millrace.ledger.openapi;

import org.jspecify.annotations.NullMarked;
