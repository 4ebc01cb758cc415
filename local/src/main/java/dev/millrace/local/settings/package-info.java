/** What the environment says about the local stack. */
@NullMarked
package dev.millrace.local.settings;

import org.jspecify.annotations.NullMarked;
