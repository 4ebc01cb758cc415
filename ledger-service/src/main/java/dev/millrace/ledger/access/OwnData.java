package dev.millrace.ledger.access;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;

/** A creator's data are for the creator ({@code sub}) and for administrators. */
final class OwnData {
    private OwnData() {}

    static AuthorizationDecision allowed(
            Supplier<? extends Authentication> caller, RequestAuthorizationContext request) {
        return new AuthorizationDecision(
                allowed(caller.get(), request.getVariables().getOrDefault("creator", "")));
    }

    static boolean allowed(@Nullable Authentication caller, String creator) {
        return caller instanceof JwtAuthenticationToken token
                && (isAdmin(token) || creator.equals(token.getToken().getSubject()));
    }

    private static boolean isAdmin(JwtAuthenticationToken token) {
        return token.getAuthorities().stream()
                .anyMatch(authority -> AccessConfiguration.ADMIN.equals(authority.getAuthority()));
    }
}
