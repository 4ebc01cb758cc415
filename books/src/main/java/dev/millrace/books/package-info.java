/** All access to Postgres: the schema, and the classes that read or write it. */
@NullMarked
package dev.millrace.books;

import org.jspecify.annotations.NullMarked;
