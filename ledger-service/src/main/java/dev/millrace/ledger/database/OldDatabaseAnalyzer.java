package dev.millrace.ledger.database;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints what to do instead of a stack trace. */
final class OldDatabaseAnalyzer extends AbstractFailureAnalyzer<OldDatabaseException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable root, OldDatabaseException cause) {
        return new FailureAnalysis(
                String.valueOf(cause.getMessage()),
                "0.2 starts from an empty database and an empty Redis: set MILLRACE_POSTGRES_URL to an empty database."
                        + " Nothing in this one has been changed.",
                cause);
    }
}
