package dev.millrace.service;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.ActionCode;
import org.jspecify.annotations.Nullable;

/** Tells the server's own errors as problem details, those that it finds before any service's code runs, too. */
final class ProblemReportValve extends ErrorReportValve {
    private static final int FIRST_ERROR = 400;

    private final ServerProblem problem;

    ProblemReportValve(ServerProblem problem) {
        this.problem = problem;
    }

    @Override
    protected void report(Request request, Response response, @Nullable Throwable failure) {
        int status = response.getStatus();
        if (status < FIRST_ERROR || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        AtomicBoolean writable = new AtomicBoolean();
        response.getCoyoteResponse().action(ActionCode.IS_IO_ALLOWED, writable);
        if (writable.get()) {
            try {
                problem.write(request, response, status);
                response.finishResponse();
            } catch (IOException | IllegalStateException e) {
                // The client is gone, or the answer has begun: nobody is left to tell.
                container.getLogger().debug("an error could not be told", e);
            }
        }
    }
}
