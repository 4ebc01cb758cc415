/** The HTTP server as all services run it: how many connections, how long a head may take, what its own errors look like. */
@NullMarked
package dev.millrace.service;

import org.jspecify.annotations.NullMarked;
