package dev.millrace.ledger.access;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import dev.millrace.common.message.OutageLog;
import dev.millrace.ledger.settings.BearerSettings;
import dev.millrace.ledger.settings.LedgerSettings;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jose.jws.MacAlgorithm;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.JwtTypeValidator;
import org.springframework.security.oauth2.jwt.JwtValidationException;
import org.springframework.security.oauth2.jwt.MappedJwtClaimSetConverter;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

/**
 * Checks bearer tokens. The algorithms are fixed by the configuration, never by the token: a shared secret means HS256
 * and nothing else, a JWK set means asymmetric signatures and nothing else, so that no public key is ever taken for a
 * shared secret. Their issuer and audience are checked as the configuration says.
 *
 * <p>It verifies a token's signature once a minute. A page that asks for a balance each second sends the same token each time. The validator
 * looks at times, issuer and audience with every request. The cache holds good tokens only, so nobody without one can fill it. Thread-safe.
 */
final class CachingJwtDecoder implements JwtDecoder {
    /** How long a decoded token is cached. For so long a key still serves its callers after its removal from the JWK set. */
    static final Duration LIFETIME = Duration.ofMinutes(1);

    private static final MappedJwtClaimSetConverter CLAIMS = MappedJwtClaimSetConverter.withDefaults(Map.of());

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

    /** @param jwkSetOutage is over with each token that could be checked */
    static CachingJwtDecoder of(LedgerSettings settings, Clock clock, OutageLog jwkSetOutage, Ticker ticker) {
        JwtDecoder decoder = decoder(settings, clock);
        return new CachingJwtDecoder(
                token -> {
                    Jwt checked = decoder.decode(token);
                    jwkSetOutage.over();
                    return checked;
                },
                validator(settings, clock),
                ticker);
    }

    static JwtDecoder decoder(LedgerSettings settings, Clock clock) {
        String jwkSetUri = settings.bearer().jwkSetUri();
        if (jwkSetUri.isEmpty()) {
            return checking(sharedSecret(settings.bearer().secret()), settings, clock);
        }
        JwkSet keys = JwkSet.at(jwkSetUri);
        JwtDecoder decoder = checking(new NimbusJwtDecoder(keys.processor()), settings, clock);
        return token -> {
            try {
                return decoder.decode(token);
            } catch (JwtException e) {
                throw keys.isKeyUnknown(e)
                        ? new BadJwtException("signed by a key that the JWK set does not hold", e)
                        : e;
            }
        };
    }

    private static JwtDecoder checking(NimbusJwtDecoder decoder, LedgerSettings settings, Clock clock) {
        decoder.setClaimSetConverter(CachingJwtDecoder::claims);
        decoder.setJwtValidator(validator(settings, clock));
        return decoder;
    }

    /** Spring's conversion would invent an {@code iat} where a token has none. */
    private static Map<String, Object> claims(Map<String, Object> sent) {
        Map<String, Object> claims = new HashMap<>(CLAIMS.convert(sent));
        if (!sent.containsKey(JwtClaimNames.IAT)) {
            claims.remove(JwtClaimNames.IAT);
        }
        return claims;
    }

    private static NimbusJwtDecoder sharedSecret(String secret) {
        return NimbusJwtDecoder.withSecretKey(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"))
                .macAlgorithm(MacAlgorithm.HS256)
                .validateType(false)
                .build();
    }

    /** {@code exp} must be there; the skew allowed is Spring's default of 60 s. Issuer and audience where they are set. */
    static OAuth2TokenValidator<Jwt> validator(LedgerSettings settings, Clock clock) {
        BearerSettings bearer = settings.bearer();
        JwtTimestampValidator times = new JwtTimestampValidator();
        times.setAllowEmptyExpiryClaim(false);
        times.setClock(clock);
        JwtTypeValidator type = new JwtTypeValidator("JWT", "at+jwt");
        type.setAllowEmpty(true);
        List<OAuth2TokenValidator<Jwt>> validators =
                new ArrayList<>(List.of(times, type, new TokenLifetimeValidator(bearer.lifetime(), clock)));
        if (!bearer.issuer().isEmpty()) {
            validators.add(new JwtIssuerValidator(bearer.issuer()));
        }
        if (!bearer.audience().isEmpty()) {
            validators.add(new JwtAudienceValidator(bearer.audience()));
        }
        return new DelegatingOAuth2TokenValidator<>(validators);
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
