/** Says from what kind of place a reader came to a page: by the referrer's address, and by lists of known places. */
@NullMarked
package dev.millrace.ingest.referrer;

import org.jspecify.annotations.NullMarked;
