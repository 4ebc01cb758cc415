package dev.millrace.ledger.access;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;

/** A token says when it was issued, which is not in the future, and it is valid for a bounded time from then on. Thread-safe. */
final class TokenLifetimeValidator implements OAuth2TokenValidator<Jwt> {
    /** Clock difference that is tolerated; Spring's validator of {@code exp} has the same. */
    private static final Duration SKEW = Duration.ofSeconds(60);

    private final Duration most;
    private final Clock clock;

    /** @param most that {@code exp - iat} may be */
    TokenLifetimeValidator(Duration most, Clock clock) {
        this.most = most;
        this.clock = clock;
    }

    @Override
    public OAuth2TokenValidatorResult validate(Jwt token) {
        @Nullable Instant issued = token.getIssuedAt();
        @Nullable Instant expires = token.getExpiresAt();
        if (issued == null || expires == null) {
            return refused("iat or exp is missing");
        }
        if (issued.isAfter(clock.instant().plus(SKEW))) {
            return refused("iat is in the future");
        }
        return expires.isAfter(issued.plus(most))
                ? refused("exp is later than a token's most lifetime after iat")
                : OAuth2TokenValidatorResult.success();
    }

    private static OAuth2TokenValidatorResult refused(String why) {
        return OAuth2TokenValidatorResult.failure(new OAuth2Error("invalid_token", why, null));
    }
}
