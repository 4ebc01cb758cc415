/** What the commands of lab share: options, progress, and what people and programs are shown of a run. */
@NullMarked
package dev.millrace.lab.command;

import org.jspecify.annotations.NullMarked;
