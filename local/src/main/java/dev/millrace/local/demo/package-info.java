/** The demo: a small publisher's site on the local stack, and a bot that reads it. */
@NullMarked
package dev.millrace.local.demo;

import org.jspecify.annotations.NullMarked;
