package dev.millrace.ledger.access;

import dev.millrace.common.message.OutageLog;
import dev.millrace.ledger.problem.LedgerProblems;
import dev.millrace.service.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;
import org.springframework.security.oauth2.server.resource.web.BearerTokenAuthenticationEntryPoint;
import org.springframework.security.oauth2.server.resource.web.authentication.BearerTokenAuthenticationFilter;
import org.springframework.security.web.AuthenticationEntryPoint;

/**
 * Answers a request whose caller is not known: 401 with {@code WWW-Authenticate} when the token is missing or refused,
 * 503 when it could not be checked because the JWK set can't be had.
 */
final class TokenRefusals implements AuthenticationEntryPoint {
    private final BearerTokenAuthenticationEntryPoint header = new BearerTokenAuthenticationEntryPoint();
    private final LedgerProblems problems;
    private final OutageLog jwkSetOutage;

    TokenRefusals(LedgerProblems problems, OutageLog jwkSetOutage) {
        this.problems = problems;
        this.jwkSetOutage = jwkSetOutage;
    }

    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException refused)
            throws IOException {
        if (refused instanceof AuthenticationServiceException) {
            jwkSetOutage.failed(String.valueOf(refused.getMessage()));
            problems.write(
                    request,
                    response,
                    Problem.IDENTITY_UNAVAILABLE.because("the keys that sign bearer tokens can't be had; try again"));
            return;
        }
        header.commence(request, response, refused);
        String detail = refused instanceof InvalidBearerTokenException
                ? "the bearer token is malformed, expired, without an expiry, signed by another key, or of another issuer or audience"
                : "the request has no bearer token";
        problems.write(request, response, Problem.UNAUTHENTICATED.because(detail));
    }

    /** Spring's filter would throw on when the token can't be checked; here that is an answer like any other. */
    ObjectPostProcessor<BearerTokenAuthenticationFilter> postProcessor() {
        return new ObjectPostProcessor<>() {
            @Override
            public <O extends BearerTokenAuthenticationFilter> O postProcess(O filter) {
                filter.setAuthenticationFailureHandler(TokenRefusals.this::commence);
                return filter;
            }
        };
    }
}
