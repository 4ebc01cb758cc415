package dev.millrace.service.problem;

import dev.millrace.common.message.Printable;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;

/**
 * Turns the exceptions of endpoints into problems. What the caller did not cause is logged here and never shown. A service with exceptions of its own
 * overrides {@link #translate}.
 */
@RestControllerAdvice
public class ProblemHandler extends ResponseEntityExceptionHandler {
    private static final Logger log = LoggerFactory.getLogger(ProblemHandler.class);

    private final ProblemWriter writer;

    public ProblemHandler(ProblemWriter writer) {
        this.writer = writer;
    }

    /** The problem that an exception is for its caller. */
    public ProblemException translate(Exception e) {
        if (e instanceof ProblemException problem) {
            return problem;
        }
        log.error("a request failed", e);
        return Problem.INTERNAL.because("the cause is in the service's log");
    }

    /** Answers from outside the endpoints: filters come before them. */
    public final void write(HttpServletRequest request, HttpServletResponse response, Exception failure)
            throws IOException {
        writer.write(request, response, translate(failure));
    }

    @ExceptionHandler
    ResponseEntity<Object> any(Exception e) {
        return answer(translate(e), HttpHeaders.EMPTY);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return answer(Problem.BODY_MALFORMED.because(unreadable(e.getCause())), headers);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleTypeMismatch(
            TypeMismatchException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return answer(
                Problem.REQUEST_MALFORMED.because(
                        "'%s' is not a value of %s", String.valueOf(e.getValue()), e.getPropertyName()),
                headers);
    }

    /** Every other exception of Spring's own ends here, and so does {@link ProblemException}. */
    @Override
    protected @Nullable ResponseEntity<Object> handleExceptionInternal(
            Exception e, @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        Problem problem = Problem.of(status.value());
        if (e instanceof ProblemException || problem == Problem.INTERNAL) {
            return answer(translate(e), headers);
        }
        String detail = problem == Problem.NOT_FOUND && request instanceof ServletWebRequest web
                ? "nothing is at %s"
                        .formatted(Printable.abbreviate(web.getRequest().getRequestURI()))
                : detail(body, problem);
        return answer(problem.because(detail), headers);
    }

    private static String detail(@Nullable Object body, Problem problem) {
        String given = body instanceof ProblemDetail told ? told.getDetail() : null;
        return given == null ? problem.title() : Printable.abbreviate(withoutFullStop(given));
    }

    private static String withoutFullStop(String sentence) {
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }

    private ResponseEntity<Object> answer(ProblemException failure, HttpHeaders headers) {
        writer.count(failure.problem());
        HttpHeaders all = new HttpHeaders();
        all.putAll(headers);
        all.putAll(failure.getHeaders());
        return new ResponseEntity<>(failure.getBody(), all, failure.getStatusCode());
    }

    private static String unreadable(@Nullable Throwable cause) {
        if (cause instanceof StreamReadException e) {
            return "the body is not JSON: line %d, column %d"
                    .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
        }
        if (cause instanceof JacksonException e && !e.getPathReference().isEmpty()) {
            return "the body's '%s' is unknown or not of the right kind".formatted(Printable.abbreviate(path(e)));
        }
        return "the body is missing, or no JSON object of the right form";
    }

    private static String path(JacksonException e) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference step : e.getPath()) {
            String name = step.getPropertyName() == null ? "[" + step.getIndex() + "]" : step.getPropertyName();
            path.append(path.isEmpty() || name.startsWith("[") ? "" : ".").append(name);
        }
        return path.toString();
    }
}
