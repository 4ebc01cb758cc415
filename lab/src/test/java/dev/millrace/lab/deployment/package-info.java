/** The deployment files, parsed and compared with what the services really read, listen on and measure. */
@NullMarked
package dev.millrace.lab.deployment;

import org.jspecify.annotations.NullMarked;
