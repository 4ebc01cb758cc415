/** The steps between which a worker can die or freeze, by name. They do nothing; tests arm them. */
@NullMarked
package dev.millrace.settlement.crash;

import org.jspecify.annotations.NullMarked;
