/** What all services share: the HTTP server (connections, heads, its own errors), and how a refused setting is told. */
@NullMarked
package dev.millrace.service;

import org.jspecify.annotations.NullMarked;
