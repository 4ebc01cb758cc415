package dev.millrace.settlement.reconcile;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An epoch that was set aside, for people.
 *
 * @param settledThen the last epoch that was settled of its time
 * @param at when that was
 * @param micros what is earned in it, as far as it can be read
 * @param creators how many creators it would pay
 * @param first some of them, with the amounts
 * @param whyNotAdopted why it must not be paid
 * @param decision what was decided
 */
record Quarantined(
        QuarantineName name,
        OptionalLong settledThen,
        Optional<Instant> at,
        long micros,
        long events,
        int creators,
        List<String> first,
        Optional<String> whyNotAdopted,
        Optional<Decision> decision) {

    boolean isUndecided() {
        return decision.isEmpty();
    }

    /** Whether what was decided is about something else. */
    Optional<Difference> difference() {
        return decision.filter(d -> d.micros() != micros)
                .map(d -> Difference.of("decision", d.name(), "it does not hold what was decided about")
                        .with("decided", d.micros())
                        .with("holds", micros));
    }

    /** What can be done about it, in words. */
    String advice() {
        return decision.map(Decision::text)
                .or(() -> whyNotAdopted.map(why -> "undecided; can't be adopted: " + why + ". Discard it"))
                .orElse("undecided; never settled and never paid: adopt it, or discard it");
    }
}
