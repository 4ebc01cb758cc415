package dev.millrace.ledger.creator;

import dev.millrace.ledger.problem.Problem;
import java.util.regex.Pattern;

/**
 * A creator, as tokens, counters and accounts name it.
 *
 * @param id {@code [A-Za-z0-9._:-]{1,64}}
 */
public record CreatorId(String id) {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

    public CreatorId {
        if (!FORM.matcher(id).matches()) {
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
