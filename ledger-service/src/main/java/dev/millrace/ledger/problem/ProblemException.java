package dev.millrace.ledger.problem;

/** Ends a request with a problem. */
public final class ProblemException extends RuntimeException {
    private final Problem problem;
    private final String detail;

    ProblemException(Problem problem, String detail) {
        super(problem.code() + ": " + detail, null, false, false);
        this.problem = problem;
        this.detail = detail;
    }

    public Problem problem() {
        return problem;
    }

    /** What is wrong this time; shown to the caller. */
    public String detail() {
        return detail;
    }
}
