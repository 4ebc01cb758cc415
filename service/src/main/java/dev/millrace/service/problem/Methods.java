package dev.millrace.service.problem;

import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpHeaders;

/** The methods that an address takes. */
public final class Methods {
    private Methods() {}

    /**
     * Refuses other methods than {@code GET} and {@code HEAD}.
     *
     * @throws ProblemException {@code method-not-allowed}
     */
    public static void requireRead(HttpServletRequest request) {
        if (!request.getMethod().equals("GET") && !request.getMethod().equals("HEAD")) {
            throw Problem.METHOD_NOT_ALLOWED
                    .because("method '%s' is not supported; send GET", request.getMethod())
                    .with(HttpHeaders.ALLOW, "GET, HEAD");
        }
    }
}
