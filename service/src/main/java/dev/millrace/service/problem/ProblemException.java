package dev.millrace.service.problem;

import org.springframework.http.HttpHeaders;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** Ends a request with problem details (RFC 9457). */
public final class ProblemException extends ErrorResponseException {
    private static final long serialVersionUID = 1L;

    private final Problem problem;

    ProblemException(Problem problem, String detail) {
        super(problem.status(), body(problem, detail), null);
        this.problem = problem;
        if (problem.retryAfter() > 0) {
            getHeaders().set(HttpHeaders.RETRY_AFTER, Integer.toString(problem.retryAfter()));
        }
    }

    private static ProblemDetail body(Problem problem, String detail) {
        ProblemDetail body = ProblemDetail.forStatusAndDetail(problem.status(), detail);
        body.setType(problem.type());
        body.setTitle(problem.title());
        body.setProperty("code", problem.code());
        return body;
    }

    /** The same with a header of the answer. */
    public ProblemException with(String header, String value) {
        getHeaders().set(header, value);
        return this;
    }

    public Problem problem() {
        return problem;
    }

    /** The detail, shown to the caller. */
    public String detail() {
        return String.valueOf(getBody().getDetail());
    }

    @Override
    public String getMessage() {
        return problem.code() + ": " + detail();
    }

    /** Has no stack trace: it is made for an answer, often thousands of times a second. */
    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
