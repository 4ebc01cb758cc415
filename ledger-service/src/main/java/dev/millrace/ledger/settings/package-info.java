/** What the service is told by its environment, and what it refuses to start with. */
@NullMarked
package dev.millrace.ledger.settings;

import org.jspecify.annotations.NullMarked;
