/** The torture: faults at random on real processes and the links between them, under load, until every micro is accounted for. */
@NullMarked
package dev.millrace.lab.torture;

import org.jspecify.annotations.NullMarked;
