/** The service's settings, and the refusal of wrong ones. */
@NullMarked
package dev.millrace.ledger.settings;

import org.jspecify.annotations.NullMarked;
