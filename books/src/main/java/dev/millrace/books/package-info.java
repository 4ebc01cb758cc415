/** All of Postgres: the schema, and whatever reads or writes it. */
@NullMarked
package dev.millrace.books;

import org.jspecify.annotations.NullMarked;
