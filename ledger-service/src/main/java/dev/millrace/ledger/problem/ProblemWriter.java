package dev.millrace.ledger.problem;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.web.servlet.HandlerExceptionResolver;

/** Answers with a problem from outside the endpoints: filters come before them. */
public final class ProblemWriter {
    private final HandlerExceptionResolver resolver;

    ProblemWriter(HandlerExceptionResolver resolver) {
        this.resolver = resolver;
    }

    /** @param failure a problem, or another exception that the endpoints may end with */
    public void write(HttpServletRequest request, HttpServletResponse response, RuntimeException failure) {
        if (resolver.resolveException(request, response, null, failure) == null) {
            throw failure;
        }
    }
}
