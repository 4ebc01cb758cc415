/** Real servers shared by all tests of a JVM. */
@NullMarked
package dev.millrace.local.testing;

import org.jspecify.annotations.NullMarked;
