/** A publisher's server: signs tokens, and sends events until each is answered. */
@NullMarked
package dev.millrace.client;

import org.jspecify.annotations.NullMarked;
