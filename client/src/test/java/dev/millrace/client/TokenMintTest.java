package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenMintTest {
    private static final long NOW = 1_796_057_741;

    private final TokenMint mint = mint(NOW);

    /** The vector is from docs/start/snippets/mint.mjs with the secret geheim. */
    @Test
    void signsWhatTheSnippetsSign() {
        String token = mint.event("c-42", "/caf/\u00e9 \ud83d\ude80\"<&>\\", "v-1");
        assertThat(claims(token))
                .isEqualTo(
                        "{\"sub\":\"c-42\",\"art\":\"/caf/\u00e9 \ud83d\ude80\\\"<&>\\\\\","
                                + "\"jti\":\"pd6GbR2mwx-9V3zV_E29QWDKPNi4FtXokhnSuycHaXE\","
                                + "\"vis\":\"Ha2lA1lH3q4ZrFJe4CCXoE5_bb_WHipOhIk2sRKFGQk\",\"iat\":1796057741,\"exp\":1796061341}");
        assertThat(mint.page("c-42", "/hello", Duration.ofDays(400)).split("\\.", -1))
                .hasSize(3);
    }

    @Test
    void theJtiIsTheSameForAVisitorAnArticleAndHalfAnHour() {
        long begin = NOW / 1_800 * 1_800;
        String first = claims(mint(begin).event("c", "/a", "v")).replaceAll(".*\"jti\":\"([^\"]*).*", "$1");
        String last = claims(mint(begin + 1_799).event("c", "/a", "v"));
        String next = claims(mint(begin + 1_800).event("c", "/a", "v"));
        assertThat(last).contains(first);
        assertThat(List.of(next, claims(mint.event("c", "/b", "v")), claims(mint.event("c", "/a", "w"))))
                .noneMatch(claims -> claims.contains(first));
    }

    @Test
    void furtherClaimsReplaceThoseOfTheSameName() {
        String token = mint.event("c", "/a", "v", Map.of("evt", List.of("comment"), "qty", 42, "jti", "comment-7"));
        assertThat(claims(token)).contains("\"jti\":\"comment-7\"", "\"evt\":[\"comment\"]", "\"qty\":42");
        assertThatThrownBy(() -> mint.event("c", "/a", "v", Map.of("qty", 1.5)))
                .hasMessage("a claim is a java.lang.Double");
    }

    @Test
    void aPageTokenNamesNoReader() {
        assertThat(claims(mint.page("c", "/a", Duration.ofDays(30))))
                .isEqualTo("{\"sub\":\"c\",\"art\":\"/a\",\"pag\":true,\"iat\":1796057741,\"exp\":1798649741}");
        assertThat(claims(mint.page("c", "/a", Duration.ofDays(30), Map.of("evt", List.of("reaction")))))
                .isEqualTo(
                        "{\"sub\":\"c\",\"art\":\"/a\",\"pag\":true,\"iat\":1796057741,\"exp\":1798649741,\"evt\":[\"reaction\"]}");
        assertThatThrownBy(() -> mint.page("c", "/a", Duration.ofDays(400).plusSeconds(1)))
                .hasMessage("the lifetime is PT9600H1S; it takes PT1S to PT9600H");
        assertThatThrownBy(() -> mint.page("c", "/a", Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "demo", "Demo.1", "demo.0", "demo.01", "demo.1\n", ".1"})
    void aKidIsAPublisherAndANumber(String kid) {
        assertThatThrownBy(() -> new TokenMint(kid, "s")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s\n", " s"})
    void aSecretWithALineFeedIsNone(String secret) {
        assertThatThrownBy(() -> new TokenMint("demo.1", secret))
                .hasMessage("the secret is empty, or has blanks or a line feed around it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a b", "\u00e9", "c\n"})
    void aCreatorIsAsTheEdgeTakesIt(String creator) {
        assertThatThrownBy(() -> mint.event(creator, "/a", "v")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anArticleHas1To128CharactersAndNoControlCharacter() {
        assertThat(mint.event("c", "\ud83d\ude80".repeat(128), "v")).isNotEmpty();
        assertThatThrownBy(() -> mint.event("c", "a".repeat(129), "v"))
                .hasMessage("article has 129 characters; it takes 1 to 128, no control characters among them");
        assertThatThrownBy(() -> mint.page("c", "", Duration.ofDays(1))).isInstanceOf(IllegalArgumentException.class);
        for (String none : List.of("\n", "\u0085", "\ud800")) {
            assertThatThrownBy(() -> mint.event("c", "/a" + none, "v"))
                    .as("as the edge takes it")
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static TokenMint mint(long second) {
        return new TokenMint("demo.1", "geheim", Clock.fixed(Instant.ofEpochSecond(second), ZoneOffset.UTC));
    }

    private static String claims(String token) {
        return new String(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]), StandardCharsets.UTF_8);
    }
}
