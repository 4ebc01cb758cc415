/** The local stack's settings, from the environment. */
@NullMarked
package dev.millrace.local.settings;

import org.jspecify.annotations.NullMarked;
