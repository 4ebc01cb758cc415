package dev.millrace.ledger.access;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.time.Duration;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidationException;

/**
 * Verifies a token's signature once a minute. A page that asks for a balance each second sends the same token each time. The validator
 * looks at times, issuer and audience with every request. The cache holds good tokens only, so nobody without one can fill it. Thread-safe.
 */
final class CachingJwtDecoder implements JwtDecoder {
    /** How long a key that was removed from a JWK set still serves callers whose token is cached. */
    static final Duration LIFETIME = Duration.ofMinutes(1);

    /** Of all cached tokens; a decoded token takes some five times as much memory. */
    private static final long MOST_CHARACTERS = 4_000_000;

    private final JwtDecoder decoder;
    private final OAuth2TokenValidator<Jwt> validator;
    private final Cache<String, Jwt> good;

    /**
     * @param decoder verifies and validates
     * @param validator what a cached token must still pass
     */
    CachingJwtDecoder(JwtDecoder decoder, OAuth2TokenValidator<Jwt> validator, Ticker ticker) {
        this.decoder = decoder;
        this.validator = validator;
        this.good = CacheBuilder.newBuilder()
                .expireAfterWrite(LIFETIME)
                .maximumWeight(MOST_CHARACTERS)
                .<String, Jwt>weigher((token, _) -> token.length())
                .ticker(ticker)
                .build();
    }

    @Override
    public Jwt decode(String token) {
        Jwt cached = good.getIfPresent(token);
        if (cached == null) {
            Jwt decoded = decoder.decode(token);
            good.put(token, decoded);
            return decoded;
        }
        OAuth2TokenValidatorResult result = validator.validate(cached);
        if (result.hasErrors()) {
            throw new JwtValidationException("a token that was good is so no more", result.getErrors());
        }
        return cached;
    }
}
