package dev.millrace.ledger.creator;

import dev.millrace.counters.Partition;
import dev.millrace.service.problem.Problem;

/**
 * A creator, as tokens, counters and accounts name it.
 *
 * @param id {@code [A-Za-z0-9._:-]{1,64}}, not {@code .} or {@code ..}
 */
public record Creator(String id) {
    public Creator {
        if (!dev.millrace.common.token.CreatorId.matches(id)) {
            throw Problem.CREATOR_INVALID.because("'%s' is none: %s", id, dev.millrace.common.token.CreatorId.RULE);
        }
    }

    /** Where the creator's money is counted. */
    public Partition partition() {
        return Partition.of(id);
    }

    @Override
    public String toString() {
        return id;
    }
}
