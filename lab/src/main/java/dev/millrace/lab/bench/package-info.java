/** Systems that turn events into balances, side by side: the same events, the same machine, the same run. */
@NullMarked
package dev.millrace.lab.bench;

import org.jspecify.annotations.NullMarked;
