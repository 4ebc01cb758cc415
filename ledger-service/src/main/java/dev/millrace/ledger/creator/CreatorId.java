package dev.millrace.ledger.creator;

import dev.millrace.common.counters.EarnField;
import dev.millrace.ledger.problem.Problem;

/**
 * A creator, as tokens, counters and accounts name it.
 *
 * @param id {@code [A-Za-z0-9._:-]{1,64}}
 */
public record CreatorId(String id) {
    public CreatorId {
        if (!EarnField.CREATOR.matcher(id).matches()) {
            throw Problem.CREATOR_INVALID.because(
                    "creator id '%s' is not of the form [A-Za-z0-9._:-]{1,64}".formatted(id));
        }
    }

    /** The name of the creator's account in the ledger. */
    public String account() {
        return "creator:" + id;
    }

    @Override
    public String toString() {
        return id;
    }
}
