package dev.millrace.ledger.problem;

import io.swagger.v3.oas.annotations.Hidden;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What fails before any endpoint is found (a refused address, a filter) is a problem detail as well. */
@RestController
@Hidden
final class ContainerErrors implements ErrorController {

    @RequestMapping("/error")
    ResponseEntity<Object> error(HttpServletRequest request) {
        Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        Problem problem = ProblemHandler.ofStatus(status instanceof Integer code ? code : 404);
        ProblemDetail body = ProblemHandler.detail(problem, problem.title() + ".");
        body.setInstance(asked(request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI)));
        return ResponseEntity.status(problem.status()).body(body);
    }

    /** What the caller asked for, not the address of this method. */
    private static URI asked(@Nullable Object address) {
        try {
            return address instanceof String path ? new URI(null, null, path, null) : URI.create("/");
        } catch (URISyntaxException e) {
            return URI.create("/");
        }
    }
}
