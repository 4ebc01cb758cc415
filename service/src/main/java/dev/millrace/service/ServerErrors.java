package dev.millrace.service;

import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import dev.millrace.service.problem.ProblemWriter;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.ActionCode;
import org.jspecify.annotations.Nullable;

/** Tells the server's own errors as problems, also errors found before any service's code runs. */
final class ServerErrors extends ErrorReportValve {
    private static final int FIRST_ERROR = 400;

    private final ProblemWriter writer;
    private final boolean anyOrigin;

    /** @param anyOrigin whether a script of any page may read the answer */
    ServerErrors(ProblemWriter writer, boolean anyOrigin) {
        this.writer = writer;
        this.anyOrigin = anyOrigin;
    }

    @Override
    protected void report(Request request, Response response, @Nullable Throwable failure) {
        if (response.getStatus() < FIRST_ERROR || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        AtomicBoolean writable = new AtomicBoolean();
        response.getCoyoteResponse().action(ActionCode.IS_IO_ALLOWED, writable);
        if (writable.get()) {
            try {
                write(request, response, problem(request, Problem.of(response.getStatus())));
                response.finishResponse();
            } catch (IOException | IllegalStateException e) {
                // The client is gone, or the answer has begun.
                container.getLogger().debug("an error could not be told", e);
            }
        }
    }

    void write(Request request, Response response, ProblemException problem) throws IOException {
        if (anyOrigin) {
            response.setHeader("Access-Control-Allow-Origin", "*");
        }
        writer.write(request, response, problem);
    }

    private static ProblemException problem(Request request, Problem problem) {
        return switch (problem) {
            case REQUEST_MALFORMED ->
                request.getCoyoteRequest().isExceptionPresent()
                        ? Problem.BODY_MALFORMED.because("the body broke off, or is not as HTTP has it")
                        : problem.because(
                                "the request line, a header or the address is not as HTTP has it, or the head is too large");
            case NOT_FOUND -> problem.because("there is nothing at this address");
            case EXPECTATION_FAILED -> problem.because("the only expectation that is met is 100-continue");
            case INTERNAL -> problem.because("the cause is in the service's log");
            default -> problem.because(problem.status().getReasonPhrase());
        };
    }
}
