package dev.millrace.service.problem;

import dev.millrace.common.message.Printable;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/**
 * Turns the exceptions of endpoints into problems. What the caller did not cause is logged here and never shown. A service with exceptions of its own
 * overrides {@link #translate}.
 */
@RestControllerAdvice
public class ProblemHandler extends ResponseEntityExceptionHandler {
    private static final Logger log = LoggerFactory.getLogger(ProblemHandler.class);

    /** As Jackson says it. */
    private static final Pattern DUPLICATE = Pattern.compile("(?s)Duplicate Object property \"(.*)\"");

    private final ProblemWriter writer;

    public ProblemHandler(ProblemWriter writer) {
        this.writer = writer;
    }

    /** The problem that an exception is for its caller. */
    public ProblemException translate(Exception e) {
        if (e instanceof ProblemException problem) {
            return problem;
        }
        if (e instanceof InvalidParameterException) {
            return Problem.REQUEST_MALFORMED.because("a parameter of the address is not percent-encoded UTF-8");
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

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMediaTypeNotSupported(
            HttpMediaTypeNotSupportedException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String sent = request.getHeader(HttpHeaders.CONTENT_TYPE);
        return answer(
                Problem.UNSUPPORTED_MEDIA_TYPE.because(
                        sent == null
                                ? "the Content-Type is missing; send %2$s"
                                : "Content-Type '%s' is not supported; send %s",
                        sent,
                        or(e.getSupportedMediaTypes())),
                headers);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMediaTypeNotAcceptable(
            HttpMediaTypeNotAcceptableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return answer(
                Problem.NOT_ACCEPTABLE.because(
                        "Accept '%s' can't be met; the answer is %s",
                        request.getHeader(HttpHeaders.ACCEPT), or(e.getSupportedMediaTypes())),
                headers);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpRequestMethodNotSupported(
            HttpRequestMethodNotSupportedException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String[] taken = e.getSupportedMethods();
        return answer(
                Problem.METHOD_NOT_ALLOWED.because(
                        "method '%s' is not supported; send %s",
                        e.getMethod(), or(taken == null ? List.of() : List.of(taken))),
                headers);
    }

    private static String or(Collection<?> those) {
        return those.stream().map(String::valueOf).distinct().sorted().collect(Collectors.joining(" or "));
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
        return switch (cause) {
            case StreamReadException e -> notJson(e);
            case UnrecognizedPropertyException e ->
                "the body's '%s' is unknown; it takes %s"
                        .formatted(Printable.abbreviate(path(e)), known(e.getKnownPropertyIds()));
            case MismatchedInputException e
            when !e.getPath().isEmpty() ->
                "the body's '%s' is not %s".formatted(Printable.abbreviate(path(e)), kind(e.getTargetType()));
            case JacksonException e
            when !e.getPath().isEmpty() -> "the body's '%s' can't be read".formatted(Printable.abbreviate(path(e)));
            case null -> "the body is missing";
            default -> "the body is not a JSON object";
        };
    }

    private static String notJson(StreamReadException e) {
        Matcher twice = DUPLICATE.matcher(String.valueOf(e.getOriginalMessage()));
        return "%s: line %d, column %d"
                .formatted(
                        twice.matches()
                                ? "the body has '%s' twice".formatted(Printable.abbreviate(twice.group(1)))
                                : "the body is not JSON",
                        e.getLocation().getLineNr(),
                        e.getLocation().getColumnNr());
    }

    private static String known(@Nullable Collection<Object> names) {
        return names == null ? "none" : names.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private static String kind(@Nullable Class<?> type) {
        if (type == String.class) {
            return "a text";
        }
        if (type == Boolean.class) {
            return "true or false";
        }
        if (type != null && Number.class.isAssignableFrom(type)) {
            return "a number";
        }
        return type != null && Collection.class.isAssignableFrom(type) ? "an array" : "an object";
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
