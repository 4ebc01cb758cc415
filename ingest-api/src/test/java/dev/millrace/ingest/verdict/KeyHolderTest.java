package dev.millrace.ingest.verdict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.Kid;
import dev.millrace.ingest.verify.CountersUnavailableException;
import dev.millrace.ingest.verify.Tokens;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyHolderTest {
    private static final long NOW = 1_000;
    private static final Catalog CATALOG = new Catalog(
            1,
            Map.of(
                    "demo",
                    new Catalog.Publisher(
                            List.of(1, 3, 4),
                            List.of(2),
                            Limits.NONE,
                            Map.of(3, new Catalog.Terms(1, NOW), 4, new Catalog.Terms(2, null)))),
            Tokens.CATALOG.cards());

    private final KeyHolder holders = new KeyHolder(MasterKeys.of(Tokens.MASTER_KEY));

    private Optional<Kid> holder(@Nullable String authorization) {
        return holders.holder(authorization, CATALOG, NOW);
    }

    private static String basic(String text) {
        return "Basic " + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theSecretOfALiveKeyOpens() {
        String right = basic("demo.1:" + Tokens.secret("demo.1"));
        assertThat(holder(right)).contains(new Kid("demo", 1));
        assertThat(holder(right.replace("Basic ", "bAsIc  "))).contains(new Kid("demo", 1));
    }

    @Test
    void nothingElseDoes() {
        String secret = Tokens.secret("demo.1");
        for (String wrong : List.of(
                "demo.1:",
                "demo.1:" + secret.substring(1),
                "demo.1:" + secret + "x",
                "demo.1:" + secret + "\n",
                "demo.1:" + Tokens.secret("demo.3"),
                "demo.2:" + Tokens.secret("demo.2"),
                "demo.3:" + Tokens.secret("demo.3"),
                "demo.5:" + Tokens.secret("demo.5"),
                "other.1:" + Tokens.secret("other.1"),
                "nobody.1:" + Tokens.secret("nobody.1"),
                "demo.01:" + secret,
                "DEMO.1:" + secret,
                "demo:" + secret,
                ":" + secret,
                secret,
                "",
                "demo.1:" + "x".repeat(10_000))) {
            assertThat(holder(basic(wrong))).as(wrong).isEmpty();
        }
        for (String header :
                List.of("", "Basic", "Basic ", "Basic !", "Basic ÿ", "Bearer " + secret, "Basic demo.1:" + secret)) {
            assertThat(holder(header)).as(header).isEmpty();
        }
        assertThat(holder(null)).isEmpty();
    }

    @Test
    void aKeyWhoseMasterKeyIsMissingIsNotRefused() {
        assertThatThrownBy(() -> holder(basic("demo.4:x")))
                .isInstanceOf(CountersUnavailableException.class)
                .hasMessageContaining("master key v2");
    }
}
