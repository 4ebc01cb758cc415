/** What the commands of lab share: how their options are checked. */
@NullMarked
package dev.millrace.lab.command;

import org.jspecify.annotations.NullMarked;
