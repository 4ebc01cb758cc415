package dev.millrace.lab.bench;

/**
 * A contestant that can be started.
 *
 * @param name as options and results name it
 */
record Entrant(String name, Opening opening) {
    /** Starts servers and fills them with what does not belong to a round. */
    interface Opening {
        Contestant start(Stage stage) throws Exception;
    }
}
