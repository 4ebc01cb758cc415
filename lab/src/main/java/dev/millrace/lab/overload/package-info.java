/** Sends more than the services can take, and shows that they stay useful: what they refuse, what they go on taking, and when they are back. */
@NullMarked
package dev.millrace.lab.overload;

import org.jspecify.annotations.NullMarked;
