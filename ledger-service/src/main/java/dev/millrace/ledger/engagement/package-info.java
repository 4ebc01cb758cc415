/** What readers did with a creator's articles, and what it was worth. */
@NullMarked
package dev.millrace.ledger.engagement;

import org.jspecify.annotations.NullMarked;
