/** How Millrace behaves when creators are many: events a second, a settlement of all of them, work of the database. */
@NullMarked
package dev.millrace.lab.scale;

import org.jspecify.annotations.NullMarked;
