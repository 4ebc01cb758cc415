package dev.millrace.ledger.problem;

import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.service.ReadOnlyEviction;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;

/** Turns every exception into a problem detail. What the caller did not cause is logged here and never shown. */
@RestControllerAdvice
final class ProblemHandler extends ResponseEntityExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemHandler.class);

    @ExceptionHandler
    ResponseEntity<Object> known(ProblemException e) {
        return answer(e.problem(), e.detail(), new HttpHeaders());
    }

    @ExceptionHandler
    ResponseEntity<Object> database(DataAccessException e) {
        boolean unreachable = e instanceof TransientDataAccessException
                || e instanceof DataAccessResourceFailureException
                || e instanceof NonTransientDataAccessResourceException
                || e instanceof RecoverableDataAccessException
                || isReadOnly(e);
        return unreachable ? ledgerUnavailable(e) : unexpected(e);
    }

    /** The server is no primary any more. */
    private static boolean isReadOnly(DataAccessException e) {
        return e.getMostSpecificCause() instanceof SQLException cause
                && ReadOnlyEviction.READ_ONLY.equals(cause.getSQLState());
    }

    @ExceptionHandler
    ResponseEntity<Object> counters(RedisUnavailableException e) {
        LOG.debug("Redis can't be used", e);
        return answer(Problem.COUNTERS_UNAVAILABLE, "Redis does not answer; try again.", new HttpHeaders());
    }

    @ExceptionHandler
    ResponseEntity<Object> transaction(TransactionException e) {
        return ledgerUnavailable(e);
    }

    @ExceptionHandler
    ResponseEntity<Object> unexpected(Exception e) {
        LOG.error("a request failed", e);
        return answer(Problem.INTERNAL, "The cause is in the service's log.", new HttpHeaders());
    }

    private ResponseEntity<Object> ledgerUnavailable(Exception e) {
        // Not a line a request: the catalogue's publisher asks Postgres every second and reports an outage once.
        LOG.debug("the ledger can't be reached", e);
        return answer(
                Problem.LEDGER_UNAVAILABLE,
                "Postgres does not answer, or takes no changes now; try again.",
                new HttpHeaders());
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return answer(Problem.BODY_MALFORMED, unreadable(e.getCause()), headers);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleTypeMismatch(
            TypeMismatchException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return answer(
                Problem.REQUEST_MALFORMED,
                "'%s' is not a value of %s".formatted(e.getValue(), e.getPropertyName()),
                headers);
    }

    /** Every other exception of Spring's own ends here. */
    @Override
    protected @Nullable ResponseEntity<Object> handleExceptionInternal(
            Exception e, @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        Problem problem = ofStatus(status.value());
        if (problem == Problem.INTERNAL) {
            return unexpected(e);
        }
        String detail = problem == Problem.NOT_FOUND && request instanceof ServletWebRequest web
                ? "Nothing is at %s.".formatted(web.getRequest().getRequestURI())
                : body instanceof ProblemDetail given && given.getDetail() != null
                        ? given.getDetail()
                        : problem.title();
        return answer(problem, detail, headers);
    }

    /** The problem that stands for a status nobody here has chosen. */
    static Problem ofStatus(int status) {
        return switch (status) {
            case 401 -> Problem.UNAUTHENTICATED;
            case 403 -> Problem.FORBIDDEN;
            case 404 -> Problem.NOT_FOUND;
            case 405 -> Problem.METHOD_NOT_ALLOWED;
            case 406 -> Problem.NOT_ACCEPTABLE;
            case 415 -> Problem.MEDIA_TYPE_UNSUPPORTED;
            default -> status >= 400 && status < 500 ? Problem.REQUEST_MALFORMED : Problem.INTERNAL;
        };
    }

    static ResponseEntity<Object> answer(Problem problem, String detail, HttpHeaders headers) {
        HttpHeaders all = HttpHeaders.copyOf(headers);
        if (problem.retryAfter() > 0) {
            all.set(HttpHeaders.RETRY_AFTER, Integer.toString(problem.retryAfter()));
        }
        return ResponseEntity.status(problem.status()).headers(all).body(detail(problem, detail));
    }

    static ProblemDetail detail(Problem problem, String detail) {
        ProblemDetail body = ProblemDetail.forStatusAndDetail(problem.status(), detail);
        body.setType(problem.type());
        body.setTitle(problem.title());
        body.setProperty("code", problem.code());
        return body;
    }

    private static String unreadable(@Nullable Throwable cause) {
        if (cause instanceof StreamReadException e) {
            return "The body is not JSON: line %d, column %d."
                    .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
        }
        if (cause instanceof JacksonException e && !e.getPathReference().isEmpty()) {
            return "The body's %s is unknown or not of the right kind.".formatted(path(e));
        }
        return "The body is missing, or no JSON object of the right form.";
    }

    private static String path(JacksonException e) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference step : e.getPath()) {
            String name = step.getPropertyName() == null ? "[" + step.getIndex() + "]" : step.getPropertyName();
            path.append(path.isEmpty() || name.startsWith("[") ? "" : ".").append(name);
        }
        return "'" + path + "'";
    }
}
