package dev.millrace.ledger.access;

import dev.millrace.common.message.OutageLog;
import dev.millrace.ledger.problem.LedgerProblems;
import dev.millrace.service.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.HttpHeaders;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;

/**
 * Answers a request that is not let through. 401: the token is missing or refused. 403: it does not allow the request. 503: it could not be
 * checked, because the JWK set can't be had.
 */
final class AccessRefusals implements AuthenticationEntryPoint, AccessDeniedHandler {
    private final LedgerProblems problems;
    private final OutageLog jwkSetOutage;

    AccessRefusals(LedgerProblems problems, OutageLog jwkSetOutage) {
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
        } else if (refused instanceof OAuth2AuthenticationException) {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
            problems.write(
                    request,
                    response,
                    Problem.UNAUTHENTICATED.because(
                            "the bearer token is malformed, expired, without an expiry, signed by another key, or of another issuer or audience"));
        } else {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
            problems.write(
                    request,
                    response,
                    Problem.UNAUTHENTICATED.because(
                            "the request has no bearer token in its header 'Authorization'; one in the address is not read"));
        }
    }

    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException denied)
            throws IOException {
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\"");
        problems.write(
                request,
                response,
                Problem.FORBIDDEN.because(
                        "the token's subject is another than the creator asked for, and its scope holds neither ledger.admin nor, to read, ledger.read"));
    }
}
