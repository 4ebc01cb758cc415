/** The promises, checked on the whole path over real processes as a new user would. */
@NullMarked
package dev.millrace.lab.path;

import org.jspecify.annotations.NullMarked;
