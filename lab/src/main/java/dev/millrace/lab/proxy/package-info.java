/** The publisher's proxy of {@code deploy/nginx} as a real nginx: what it adds to the answer of a page. */
@NullMarked
package dev.millrace.lab.proxy;

import org.jspecify.annotations.NullMarked;
