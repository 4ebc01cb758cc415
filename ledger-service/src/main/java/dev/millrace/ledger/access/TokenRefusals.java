package dev.millrace.ledger.access;

import dev.millrace.ledger.problem.Outage;
import dev.millrace.ledger.problem.Problem;
import dev.millrace.ledger.problem.ProblemWriter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
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
    private final ProblemWriter problems;
    private final Outage jwkSetOutage;

    TokenRefusals(ProblemWriter problems, Outage jwkSetOutage) {
        this.problems = problems;
        this.jwkSetOutage = jwkSetOutage;
    }

    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException refused) {
        if (refused instanceof AuthenticationServiceException) {
            jwkSetOutage.failed(String.valueOf(refused.getMessage()));
            problems.write(
                    request,
                    response,
                    Problem.IDENTITY_UNAVAILABLE.because("The keys that sign bearer tokens can't be had; try again."));
            return;
        }
        header.commence(request, response, refused);
        String detail = refused instanceof InvalidBearerTokenException
                ? "The bearer token is malformed, expired, without an expiry, signed by another key, or of another issuer or audience."
                : "The request has no bearer token.";
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
