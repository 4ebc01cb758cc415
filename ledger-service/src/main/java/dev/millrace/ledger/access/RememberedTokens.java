package dev.millrace.ledger.access;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.time.Duration;
import java.util.Optional;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidationException;

/**
 * Verifies a token's signature once a minute instead of with each request: a page that follows a balance sends the same token
 * each second. What the signature does not decide, the token's times above all, is looked at each time. Only good tokens are
 * remembered, so nobody without one can fill the memory. Thread-safe.
 */
final class RememberedTokens implements JwtDecoder {
    /** How long a key that was taken out of a JWK set still serves who was seen with it; the set itself is read less often. */
    static final Duration SPAN = Duration.ofMinutes(1);

    /** Of all tokens remembered; what is read of a token takes some five times as much memory. */
    private static final long MOST_CHARACTERS = 4_000_000;

    private final JwtDecoder decoder;
    private final OAuth2TokenValidator<Jwt> validator;
    private final Cache<String, Jwt> good;

    /**
     * @param decoder verifies and validates
     * @param validator what a token that was verified before must still pass
     */
    RememberedTokens(JwtDecoder decoder, OAuth2TokenValidator<Jwt> validator, Ticker ticker) {
        this.decoder = decoder;
        this.validator = validator;
        this.good = CacheBuilder.newBuilder()
                .expireAfterWrite(SPAN)
                .maximumWeight(MOST_CHARACTERS)
                .<String, Jwt>weigher((token, _) -> token.length())
                .ticker(ticker)
                .build();
    }

    @Override
    public Jwt decode(String token) {
        Jwt known = good.getIfPresent(token);
        if (known == null) {
            Jwt decoded = decoder.decode(token);
            good.put(token, decoded);
            return decoded;
        }
        OAuth2TokenValidatorResult result = validator.validate(known);
        if (result.hasErrors()) {
            throw new JwtValidationException("a token that was good is so no more", result.getErrors());
        }
        return known;
    }

    /** What a token says that is remembered and still passes; empty where only {@link #decode} can tell. */
    Optional<Jwt> recall(String token) {
        return Optional.ofNullable(good.getIfPresent(token))
                .filter(known -> !validator.validate(known).hasErrors());
    }
}
