package dev.millrace.client;

/**
 * Counts since the client was made, all of one moment:
 * {@code taken = accepted + duplicate + filtered + rejected + unanswered + waiting}.
 *
 * @param taken events that the client took
 * @param unanswered events of which the edge did not say what became of them
 * @param waiting events that are queued, or under way
 * @param requests sent, those sent again included
 * @param repeated requests of events that had been sent before
 */
public record Statistics(
        long taken,
        long accepted,
        long duplicate,
        long filtered,
        long rejected,
        long unanswered,
        long waiting,
        long requests,
        long repeated) {}
