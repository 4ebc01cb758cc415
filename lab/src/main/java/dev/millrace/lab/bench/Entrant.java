package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import java.util.List;

/**
 * A contestant that can be started.
 *
 * @param name as options and results name it
 * @param cases that it has scenarios of
 */
record Entrant(String name, List<Case> cases, Opening opening) {
    Entrant {
        cases = List.copyOf(cases);
    }

    /** Starts servers and fills them with what does not belong to a round. */
    interface Opening {
        Contestant start(Stage stage) throws Exception;
    }
}
