package dev.millrace.ledger.settings;

import dev.millrace.common.key.BearerSecret;
import dev.millrace.common.message.SettingException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How bearer tokens are checked.
 *
 * @param secret shared secret (HS256), at least 32 characters; or empty
 * @param jwkSetUri address of the JWK set whose keys sign the tokens; or empty. Exactly one of the two is set
 * @param issuer the {@code iss} that tokens must have; or empty: any, with a shared secret only
 * @param audience what the {@code aud} of tokens must hold; or empty: anything, with a shared secret only. The keys of a JWK set sign for
 *     other services, too, whose tokens are not meant for this one
 * @param lifetime most that {@code exp - iat} may be, up to a day
 */
public record BearerSettings(
        @DefaultValue("") String secret,
        @DefaultValue("") String jwkSetUri,
        @DefaultValue("") String issuer,
        @DefaultValue("") String audience,
        @DefaultValue("24h") Duration lifetime) {
    private static final Duration LEAST_LIFETIME = Duration.ofMinutes(1);

    /** Nobody can take a bearer token back, so a stolen one is worth something for so long. */
    public static final Duration MOST_LIFETIME = Duration.ofHours(24);

    public BearerSettings {
        secret = secret.strip();
        jwkSetUri = jwkSetUri.strip();
        issuer = issuer.strip();
        audience = audience.strip();
    }

    /**
     * These settings, checked. In the local profile its well-known secret stands in for one that is not set, and a JWK set may come over
     * http.
     *
     * @throws SettingException naming what is wrong
     */
    BearerSettings checked(boolean local) {
        if (local && secret.isEmpty() && jwkSetUri.isEmpty()) {
            return new BearerSettings(BearerSecret.LOCAL, "", issuer, audience, lifetime).checked(true);
        }
        if (secret.isEmpty() == jwkSetUri.isEmpty()) {
            throw new SettingException(
                    secret.isEmpty()
                            ? "neither MILLRACE_LEDGER_JWT_SECRET nor MILLRACE_LEDGER_JWK_SET_URI is set;"
                                    + " bearer tokens can't be checked without one of them"
                            : "both MILLRACE_LEDGER_JWT_SECRET and MILLRACE_LEDGER_JWK_SET_URI are set; it takes exactly one");
        }
        if (jwkSetUri.isEmpty()) {
            checkSecret(local);
        } else {
            checkUri(local);
            checkNamed("MILLRACE_LEDGER_JWT_AUDIENCE", audience);
            checkNamed("MILLRACE_LEDGER_JWT_ISSUER", issuer);
        }
        if (lifetime.compareTo(LEAST_LIFETIME) < 0 || lifetime.compareTo(MOST_LIFETIME) > 0) {
            throw new SettingException("MILLRACE_LEDGER_TOKEN_LIFETIME %d s is not %d s to %d s"
                    .formatted(lifetime.toSeconds(), LEAST_LIFETIME.toSeconds(), MOST_LIFETIME.toSeconds()));
        }
        return this;
    }

    private void checkSecret(boolean local) {
        String _ = BearerSecret.checked(secret);
        if (!local && secret.equals(BearerSecret.LOCAL)) {
            throw new SettingException("MILLRACE_LEDGER_JWT_SECRET is the well-known secret of the local profile;"
                    + " set a secret one of your own");
        }
    }

    private void checkUri(boolean local) {
        try {
            URI uri = new URI(jwkSetUri);
            if (uri.getHost() != null
                    && ("https".equals(uri.getScheme()) || (local && "http".equals(uri.getScheme())))) {
                return;
            }
        } catch (URISyntaxException e) {
            // refused below
        }
        throw new SettingException(
                "MILLRACE_LEDGER_JWK_SET_URI is not an https address with a host; whoever can change the keys on their way can sign any token");
    }

    private static void checkNamed(String variable, String value) {
        if (value.isEmpty()) {
            throw new SettingException(variable
                    + " is not set; with MILLRACE_LEDGER_JWK_SET_URI it takes one,"
                    + " since the same keys sign tokens that are meant for other services");
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "BearerSettings[jwkSetUri=%s, issuer=%s, audience=%s, lifetime=%s, secret hidden]"
                .formatted(jwkSetUri, issuer, audience, lifetime);
    }
}
