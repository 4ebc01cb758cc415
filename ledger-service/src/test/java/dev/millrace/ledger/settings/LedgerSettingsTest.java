package dev.millrace.ledger.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.key.BearerSecret;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.message.SettingException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class LedgerSettingsTest {
    private static final Duration AVAILABLE_AFTER = Duration.ofDays(7);
    private static final String KEY = "0c1fa3e977d05b2e4486a1c35e90d7b2";
    private static final String REDIS = "redis://localhost:6379";
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration A_DAY = Duration.ofHours(24);
    private static final int STREAMS = 2_000;
    private static final String SECRET = "f7b3920d6ce14a58b0d4437e19a5c862";

    private static LedgerSettings production(String key, String secret, String jwkSetUri) {
        BearerSettings bearer = jwkSetUri.isEmpty() ? bySecret(secret) : byJwkSet(secret, jwkSetUri);
        return new LedgerSettings(key, "", bearer, "USD", 10, AVAILABLE_AFTER, false, REDIS, PATIENCE, STREAMS, false);
    }

    private static BearerSettings bySecret(String secret) {
        return new BearerSettings(secret, "", "", "", A_DAY);
    }

    private static BearerSettings byJwkSet(String secret, String uri) {
        return new BearerSettings(secret, uri, "https://id.example", "ledger", A_DAY);
    }

    @Test
    void oneWayToCheckTokensIsEnough() {
        assertThat(production(KEY, SECRET, "").bearer().secret()).isEqualTo(SECRET);
        assertThat(production(KEY, "", "https://id.example/jwks").bearer().jwkSetUri())
                .isEqualTo("https://id.example/jwks");
    }

    @Test
    void halfAConfigurationIsRefusedAndTheMessageSaysWhatToSet() {
        refused("MILLRACE_MASTER_KEY is not set", "", SECRET, "");
        refused("MILLRACE_MASTER_KEY is not set", "  ", SECRET, "");
        refused("MILLRACE_MASTER_KEY has 31 characters", KEY.substring(1), SECRET, "");
        refused("neither MILLRACE_LEDGER_JWT_SECRET nor MILLRACE_LEDGER_JWK_SET_URI", KEY, "", "");
        refused("both MILLRACE_LEDGER_JWT_SECRET and", KEY, SECRET, "https://id.example/jwks");
        refused("MILLRACE_LEDGER_JWT_SECRET has 31 characters", KEY, SECRET.substring(1), "");
        refused("MILLRACE_LEDGER_JWK_SET_URI is not", KEY, "", "id.example");
        refused("MILLRACE_LEDGER_JWK_SET_URI is not", KEY, "", "file:///etc/passwd");
        assertThatThrownBy(() -> new LedgerSettings(
                        KEY,
                        "",
                        bySecret(SECRET),
                        "dollar",
                        10,
                        AVAILABLE_AFTER,
                        false,
                        REDIS,
                        PATIENCE,
                        STREAMS,
                        false))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("MILLRACE_CURRENCY 'dollar'");
    }

    @Test
    void whatCantBeReachedOrWaitedForIsRefused() {
        assertThatThrownBy(() -> new LedgerSettings(
                        KEY,
                        "",
                        bySecret(SECRET),
                        "USD",
                        10,
                        AVAILABLE_AFTER,
                        false,
                        "http://ledger:hunter2@cache:6379",
                        PATIENCE,
                        STREAMS,
                        false))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("MILLRACE_REDIS_URL")
                .hasMessageNotContaining("hunter2");
        for (long millis : new long[] {499, 30_001}) {
            assertThatThrownBy(() -> new LedgerSettings(
                            KEY,
                            "",
                            bySecret(SECRET),
                            "USD",
                            10,
                            AVAILABLE_AFTER,
                            false,
                            REDIS,
                            Duration.ofMillis(millis),
                            STREAMS,
                            false))
                    .isInstanceOf(SettingException.class)
                    .hasMessageContaining("MILLRACE_REDIS_PATIENCE %d ms".formatted(millis));
        }
    }

    @Test
    void aNumberOfStreamsThatIsNoneIsRefused() {
        for (int streams : new int[] {0, -1, 5_001}) {
            assertThatThrownBy(() -> new LedgerSettings(
                            KEY,
                            "",
                            bySecret(SECRET),
                            "USD",
                            10,
                            AVAILABLE_AFTER,
                            false,
                            REDIS,
                            PATIENCE,
                            streams,
                            false))
                    .isInstanceOf(SettingException.class)
                    .hasMessage("MILLRACE_STREAMS %d is not 1 to 5000".formatted(streams));
        }
    }

    @Test
    void aJwkSetTakesAnIssuerAndAnAudienceSinceItsKeysSignForOthersToo() {
        String uri = "https://id.example/jwks";
        for (boolean local : List.of(false, true)) {
            refused(
                    "MILLRACE_LEDGER_JWT_AUDIENCE is not set",
                    new BearerSettings("", uri, "https://id.example", " ", A_DAY),
                    local);
            refused("MILLRACE_LEDGER_JWT_ISSUER is not set", new BearerSettings("", uri, "", "ledger", A_DAY), local);
        }
    }

    @Test
    void aJwkSetComesOverHttpsButInTheLocalProfile() {
        refused("MILLRACE_LEDGER_JWK_SET_URI is not an https address", byJwkSet("", "http://id.example/jwks"), false);
        refused("MILLRACE_LEDGER_JWK_SET_URI is not an https address", byJwkSet("", "ftp://id.example/jwks"), true);
        assertThat(byJwkSet("", "http://id.example/jwks").checked(true).jwkSetUri())
                .isEqualTo("http://id.example/jwks");
    }

    @Test
    void aTokensMostLifetimeIsAMinuteToADay() {
        for (Duration wrong : List.of(Duration.ZERO, Duration.ofSeconds(59), A_DAY.plusSeconds(1))) {
            refused(
                    "MILLRACE_LEDGER_TOKEN_LIFETIME %d s is not 60 s to 86400 s".formatted(wrong.toSeconds()),
                    new BearerSettings(SECRET, "", "", "", wrong),
                    false);
        }
    }

    private static void refused(String message, BearerSettings bearer, boolean local) {
        assertThatThrownBy(() -> bearer.checked(local))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aFactorThatIsNoneIsRefused() {
        for (int factor : new int[] {0, -1, 1_000_001}) {
            new ApplicationContextRunner()
                    .withUserConfiguration(SettingsConfiguration.class)
                    .withPropertyValues("spring.profiles.active=local", "millrace.rate-change-factor=" + factor)
                    .run(context -> assertThat(context)
                            .getFailure()
                            .rootCause()
                            .hasMessage("MILLRACE_RATE_CHANGE_FACTOR %d is not 1 to 1000000".formatted(factor)));
        }
    }

    @Test
    void onlyTheProfileAllowsTheWellKnownSecrets() {
        ApplicationContextRunner start =
                new ApplicationContextRunner().withUserConfiguration(SettingsConfiguration.class);
        start.withPropertyValues("spring.profiles.active=local")
                .run(context -> assertThat(context.getBean(LedgerSettings.class).masterKey())
                        .isEqualTo(MasterKey.LOCAL));
        start.withPropertyValues("spring.profiles.active=locally", "millrace.local=true")
                .run(context -> assertThat(context).getFailure().rootCause().isInstanceOf(SettingException.class));
        start.withSystemProperties("MILLRACE_LOCAL=true")
                .withPropertyValues(
                        "millrace.local=true",
                        "millrace.master-key=" + MasterKey.LOCAL,
                        "millrace.bearer.secret=" + SECRET)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(SettingException.class)
                        .hasMessageContaining("well-known key of the local profile"));
    }

    @Test
    void whatEverybodyKnowsIsRefusedOutsideTheLocalProfile() {
        refused("well-known key of the local profile", MasterKey.LOCAL, SECRET, "");
        refused("well-known secret of the local profile", KEY, BearerSecret.LOCAL, "");
    }

    @Test
    void theLocalProfileBringsItsOwnSecretsUnlessOthersAreGiven() {
        LedgerSettings local = new LedgerSettings(
                "", "", bySecret(""), "USD", 10, AVAILABLE_AFTER, false, REDIS, PATIENCE, STREAMS, true);
        assertThat(local.masterKey()).isEqualTo(MasterKey.LOCAL);
        assertThat(local.bearer().secret()).isEqualTo(BearerSecret.LOCAL);
        LedgerSettings own = new LedgerSettings(
                KEY,
                "",
                byJwkSet("", "http://localhost/jwks"),
                "USD",
                10,
                AVAILABLE_AFTER,
                false,
                REDIS,
                PATIENCE,
                STREAMS,
                true);
        assertThat(own.masterKey()).isEqualTo(KEY);
        assertThat(own.bearer().secret()).isEmpty();
    }

    @Test
    void noSecretIsEverPrinted() {
        assertThat(production(KEY, SECRET, "").toString()).doesNotContain(KEY).doesNotContain(SECRET);
    }

    private static void refused(String message, String key, String secret, String uri) {
        assertThatThrownBy(() -> production(key, secret, uri))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining(key.isBlank() || key.equals("x") ? "\u0000" : key)
                .hasMessageNotContaining(secret.isEmpty() ? "\u0000" : secret);
    }
}
