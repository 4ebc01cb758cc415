/** Signs event tokens as a publisher's server does, and bearer tokens for the local ledger. */
@NullMarked
package dev.millrace.local.mint;

import org.jspecify.annotations.NullMarked;
