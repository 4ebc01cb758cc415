/** The HTTP server that all services share (connections, heads, its own errors), and the report of a refused setting. */
@NullMarked
package dev.millrace.service;

import org.jspecify.annotations.NullMarked;
