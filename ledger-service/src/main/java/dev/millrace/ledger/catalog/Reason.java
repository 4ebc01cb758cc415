package dev.millrace.ledger.catalog;

import dev.millrace.ledger.act.Remark;
import dev.millrace.service.problem.Problem;
import org.jspecify.annotations.Nullable;

/** Why somebody changes the catalogue, for the audit trail. */
final class Reason {
    private Reason() {}

    /**
     * The reason, or null where none is given.
     *
     * @throws dev.millrace.service.problem.ProblemException the problem, when it can't be stored
     */
    static @Nullable String checked(Problem problem, @Nullable String reason) {
        if (reason == null || reason.isBlank()) {
            return null;
        }
        String fault = Remark.fault(reason);
        if (fault != null) {
            throw problem.because("reason " + fault);
        }
        return reason;
    }
}
