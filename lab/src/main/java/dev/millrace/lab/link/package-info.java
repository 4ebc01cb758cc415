/** TCP connections that can be made to fail: cut, slow, silent, or broken off in the middle of a reply. */
@NullMarked
package dev.millrace.lab.link;

import org.jspecify.annotations.NullMarked;
