/** Sends the page views of an access log as a publisher's server would. */
@NullMarked
package dev.millrace.local.replay;

import org.jspecify.annotations.NullMarked;
