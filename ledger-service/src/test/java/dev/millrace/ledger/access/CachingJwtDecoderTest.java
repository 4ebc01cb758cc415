package dev.millrace.ledger.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidationException;

final class CachingJwtDecoderTest {
    private static final Instant EXPIRY = Instant.parse("2026-11-28T12:00:00Z");
    private static final Set<String> GOOD = Set.of("ada", "bob");

    private final List<String> verified = new ArrayList<>();
    private Instant now = EXPIRY.minusSeconds(30);
    private long nanos;

    private final OAuth2TokenValidator<Jwt> times = token -> now.isBefore(EXPIRY)
            ? OAuth2TokenValidatorResult.success()
            : OAuth2TokenValidatorResult.failure(new OAuth2Error("invalid_token", "the token expired", null));

    private final JwtDecoder decoder = new CachingJwtDecoder(
            token -> {
                verified.add(token);
                if (!GOOD.contains(token)) {
                    throw new BadJwtException("signed by another key");
                }
                return Jwt.withTokenValue(token)
                        .header("alg", "HS256")
                        .subject(token)
                        .expiresAt(EXPIRY)
                        .build();
            },
            times,
            new Ticker() {
                @Override
                public long read() {
                    return nanos;
                }
            });

    @Test
    void eachTokenIsVerifiedOnceAMinute() {
        List<String> subjects = new ArrayList<>();
        for (String token : List.of("ada", "bob", "ada", "bob")) {
            subjects.add(decoder.decode(token).getSubject());
        }
        assertThat(subjects).containsExactly("ada", "bob", "ada", "bob");
        assertThat(verified).containsExactly("ada", "bob");

        pass(CachingJwtDecoder.LIFETIME.minusNanos(1));
        decoder.decode("ada");
        assertThat(verified).containsExactly("ada", "bob");

        pass(Duration.ofNanos(1));
        decoder.decode("ada");
        assertThat(verified).containsExactly("ada", "bob", "ada");
    }

    @Test
    void aCachedTokenExpires() {
        decoder.decode("ada");
        now = EXPIRY;

        assertThatThrownBy(() -> decoder.decode("ada"))
                .isInstanceOf(JwtValidationException.class)
                .hasMessageContaining("is so no more");
        assertThat(verified).containsExactly("ada");
    }

    @Test
    void whatWasRefusedIsLookedAtAgain() {
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> decoder.decode("eve")).isInstanceOf(BadJwtException.class);
        }
        assertThat(verified).containsExactly("eve", "eve");
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
    }
}
