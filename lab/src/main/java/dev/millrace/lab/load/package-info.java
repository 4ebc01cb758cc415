/** What load is made of: how popular things are, and a client that takes little of the machine it shares with the server. */
@NullMarked
package dev.millrace.lab.load;

import org.jspecify.annotations.NullMarked;
