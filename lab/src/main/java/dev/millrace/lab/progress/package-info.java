/** What a run that takes long shows meanwhile. */
@NullMarked
package dev.millrace.lab.progress;

import org.jspecify.annotations.NullMarked;
