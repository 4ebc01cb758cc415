@NullMarked
package dev.millrace.ingest.check;

import org.jspecify.annotations.NullMarked;
