package dev.millrace.ingest.receive;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** Tells errors of all other paths as problem details, those of the framework too, each with a code. */
@RestControllerAdvice
class Problems extends ResponseEntityExceptionHandler {
    private static final Logger log = LoggerFactory.getLogger(Problems.class);

    private final RefusalMeters refusals;

    Problems(MeterRegistry registry) {
        this.refusals = new RefusalMeters(registry);
    }

    @ExceptionHandler(Exception.class)
    @Nullable
    ResponseEntity<Object> internal(Exception failure, WebRequest request) {
        log.error("a request failed", failure);
        ProblemDetail body = Refusal.internal().getBody();
        return handleExceptionInternal(failure, body, new HttpHeaders(), HttpStatus.INTERNAL_SERVER_ERROR, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleExceptionInternal(
            Exception failure, @Nullable Object given, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        Object body = given == null && failure instanceof ErrorResponse response ? response.getBody() : given;
        if (body instanceof ProblemDetail problem) {
            refusals.refused(coded(problem));
        }
        return super.handleExceptionInternal(failure, body, headers, status, request);
    }

    /** The problem's code; one of the framework's gets it from its status: {@code method-not-allowed}. */
    private static String coded(ProblemDetail problem) {
        Object known =
                problem.getProperties() == null ? null : problem.getProperties().get("code");
        if (known != null) {
            return known.toString();
        }
        ProblemDetail same = ofStatus(HttpStatus.valueOf(problem.getStatus()));
        problem.setType(same.getType());
        problem.setProperties(same.getProperties());
        return codeOf(problem.getStatus());
    }

    /** The problem that says no more than the status does. */
    static ProblemDetail ofStatus(HttpStatus status) {
        return Refusal.problem(status, codeOf(status.value()), status.getReasonPhrase(), status.getReasonPhrase());
    }

    private static String codeOf(int status) {
        return HttpStatus.valueOf(status).name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
