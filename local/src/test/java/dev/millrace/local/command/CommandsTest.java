package dev.millrace.local.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.token.Kid;
import dev.millrace.local.demo.DemoCommand;
import dev.millrace.local.publisher.Publishers;
import dev.millrace.local.replay.ReplayCommand;
import dev.millrace.local.server.Ports;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.testing.StubServer;
import dev.millrace.local.up.ReconcileOnStack;
import dev.millrace.local.up.UpCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CommandsTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-24T10:00:00Z"), ZoneOffset.UTC);
    private static final String MASTER_KEY = "the master key of the tests of the commands";
    private static final String BEARER_SECRET = "the bearer secret of the tests of the commands";
    private static final String KEYS = "/v1/admin/publishers/demo/keys";
    private static final String ONE_LIVE_KEY = "{\"keys\":[{\"kid\":\"demo.1\",\"revokedAt\":null}]}";

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private StubServer ledger;
    private StubServer ingest;

    @BeforeEach
    void start() throws IOException {
        ledger = new StubServer();
        ingest = new StubServer().on("POST /v1/events?dry-run=true", 422, rejected("type-unknown"));
        environment.put("MILLRACE_MASTER_KEY", MASTER_KEY);
        environment.put("MILLRACE_LEDGER_JWT_SECRET", BEARER_SECRET);
        environment.put("MILLRACE_LEDGER_PORT", Integer.toString(ledger.port()));
        environment.put("MILLRACE_INGEST_PORT", Integer.toString(ingest.port()));
    }

    @AfterEach
    void stop() {
        ledger.close();
        ingest.close();
    }

    @Test
    void keyCreatesPublisherAndKeyWhereMissing() throws Exception {
        ledger.on("GET " + KEYS, 404, "{}")
                .on("POST /v1/admin/publishers", 201, "{}")
                .on("POST " + KEYS, 201, "{\"kid\":\"demo.1\",\"secret\":\"" + secret(1) + "\"}");
        assertThat(run("key", "demo", "--json")).isZero();
        assertThat(printed()).isEqualTo("{\"kid\":\"demo.1\",\"secret\":\"" + secret(1) + "\"}\n");
        assertThat(ledger.requests())
                .containsExactly("GET " + KEYS, "POST /v1/admin/publishers {\"publisher\":\"demo\"}", "POST " + KEYS);
        SignedJWT bearer = verified(ledger.tokens().getLast(), BEARER_SECRET);
        assertThat(bearer.getJWTClaimsSet().getStringClaim("scope")).isEqualTo("ledger.admin");
    }

    @Test
    void keyShowsTheNewestLiveOneAgain() {
        ledger.on("GET " + KEYS, 200, """
                {"keys":[{"kid":"demo.1","revokedAt":null},{"kid":"demo.10","revokedAt":null},
                         {"kid":"demo.9","revokedAt":null},{"kid":"demo.11","revokedAt":"2026-01-01T00:00:00Z"}]}""");
        assertThat(run("key", "demo")).isZero();
        assertThat(printed()).isEqualTo("kid     demo.10\nsecret  " + secret(10) + "\n");
    }

    @Test
    void anExpiredKeyIsNotShown() {
        ledger.on("GET " + KEYS, 200, """
                {"keys":[{"kid":"demo.1","revokedAt":null,"expiresAt":"2099-01-01T00:00:00Z","master":"v1"},
                         {"kid":"demo.2","revokedAt":null,"expiresAt":"2026-11-24T10:00:00Z","master":"v1"}]}""");
        assertThat(run("key", "demo")).isZero();
        assertThat(printed()).startsWith("kid     demo.1\n");
    }

    @Test
    void expiresMakesANewKeyThatEnds() {
        for (String when : List.of("90d", "2027-02-22")) {
            out.reset();
            ledger.on("GET " + KEYS, 200, ONE_LIVE_KEY)
                    .on("POST " + KEYS, 201, "{\"kid\":\"demo.2\",\"master\":\"v1\",\"secret\":\"" + secret(2) + "\"}");
            assertThat(run("key", "demo", "--expires", when)).as(complained()).isZero();
            assertThat(printed()).startsWith("kid     demo.2\n");
            assertThat(ledger.requests().getLast())
                    .isEqualTo("POST " + KEYS + " {\"expires\":\"2027-02-22T"
                            + (when.equals("90d") ? "10:00:00Z\"}" : "00:00:00Z\"}"));
        }
        for (String when : List.of("2026-11-24", "soon", "2026-13-01", "90", "0d")) {
            assertThat(run("key", "demo", "--expires", when)).as(when).isEqualTo(2);
            assertThat(complained()).contains("--expires '%s' is neither a time ahead such as 90d".formatted(when));
        }
    }

    @Test
    void severalMasterKeysServeHereAsInTheServices() {
        String newer = "f7b3920d6ce14a58b0d4437e19a5c862";
        environment.put("MILLRACE_MASTER_KEYS", "v2:" + newer + ",v1:" + environment.remove("MILLRACE_MASTER_KEY"));
        ledger.on("GET " + KEYS, 200, "{\"keys\":[{\"kid\":\"demo.1\",\"revokedAt\":null,\"master\":\"v2\"}]}");
        assertThat(run("key", "demo")).as(complained()).isZero();
        assertThat(printed())
                .isEqualTo("kid     demo.1\nsecret  " + MasterKey.of(newer).publisherSecret(new Kid("demo", 1)) + "\n");
        out.reset();
        assertThat(run("mint", "--creator", "c", "--article", "a", "--kid", "demo.1", "--master", "3"))
                .isEqualTo(2);
        assertThat(complained()).contains("--master 3 is none of v2 (").doesNotContain(newer);
    }

    @Test
    void aPublisherWhoseKeysAreAllRevokedGetsANewOne() {
        ledger.on("GET " + KEYS, 200, "{\"keys\":[{\"kid\":\"demo.1\",\"revokedAt\":\"2026-01-01T00:00:00Z\"}]}")
                .on("POST " + KEYS, 201, "{\"kid\":\"demo.2\",\"secret\":\"" + secret(2) + "\"}");
        assertThat(run("key", "demo")).isZero();
        assertThat(printed()).startsWith("kid     demo.2\n");
    }

    @Test
    void keyReturnsOnlyWhenIngestTakesIt() throws Exception {
        ingest.close();
        try (StubServer slow = new StubServer()) {
            slow.on("POST /v1/events?dry-run=true", 422, rejected("key-unknown"))
                    .on("POST /v1/events?dry-run=true", 503, "{}")
                    .on("POST /v1/events?dry-run=true", 422, rejected("type-unknown"));
            environment.put("MILLRACE_INGEST_PORT", Integer.toString(slow.port()));
            ledger.on("GET " + KEYS, 200, ONE_LIVE_KEY);
            assertThat(run("key", "demo")).isZero();
            assertThat(slow.requests()).hasSize(3);
        }
    }

    @Test
    void keyDoesNotNeedIngest() throws Exception {
        environment.put("MILLRACE_INGEST_PORT", Integer.toString(Ports.free()));
        ledger.on("GET " + KEYS, 200, ONE_LIVE_KEY);
        assertThat(run("key", "demo")).isZero();
    }

    @Test
    void anotherMasterKeyThanTheStacksIsNoticed() throws Exception {
        ingest.close();
        try (StubServer other = new StubServer().on("POST /v1/events?dry-run=true", 422, rejected("token-signature"))) {
            environment.put("MILLRACE_INGEST_PORT", Integer.toString(other.port()));
            ledger.on("GET " + KEYS, 200, ONE_LIVE_KEY);
            assertThat(run("key", "demo")).isEqualTo(1);
            assertThat(complained())
                    .isEqualTo("the running stack has another secret for demo.1:"
                            + " MILLRACE_MASTER_KEY (or MILLRACE_MASTER_KEYS) must be set here as it is there\n");
        }
    }

    @Test
    void aLedgerThatDoesNotRunIsNamedWithTheRemedy() {
        ledger.close();
        assertThat(run("key", "demo")).isEqualTo(1);
        assertThat(complained())
                .isEqualTo("ledger-service does not answer at http://127.0.0.1:" + ledger.port()
                        + ": start it with ./millrace up\n");
    }

    @Test
    void aRefusedBearerTokenAndAnUnexpectedAnswerAreExplained() {
        ledger.on("GET " + KEYS, 401, "").on("GET " + KEYS, 503, "{\"detail\":\"no database\"}");
        assertThat(run("key", "demo")).isEqualTo(1);
        assertThat(complained())
                .isEqualTo(
                        "ledger-service at http://127.0.0.1:" + ledger.port()
                                + " refuses our bearer token (401): MILLRACE_LEDGER_JWT_SECRET must be set here as it is there\n");
        err.reset();
        assertThat(run("key", "demo")).isEqualTo(1);
        assertThat(complained())
                .isEqualTo("listing the keys of demo failed: ledger-service answers 503: no database\n");
    }

    @Test
    void aPublisherIdThatIsNoneIsWrongUsage() {
        assertThat(run("key", "Demo!")).isEqualTo(2);
        assertThat(complained()).startsWith("publisher id 'Demo!' is not of the form [a-z0-9-]{1,32}\n");
        assertThat(run("mint", "--publisher", "a.b", "--creator", "c", "--article", "a"))
                .isEqualTo(2);
        assertThat(run("mint", "--kid", "demo", "--creator", "c", "--article", "a"))
                .isEqualTo(2);
    }

    @Test
    void withoutGivenSecretsThoseOfTheHomeAreUsed() throws Exception {
        environment.remove("MILLRACE_MASTER_KEY");
        environment.remove("MILLRACE_LEDGER_JWT_SECRET");
        for (List<String> command : List.of(
                List.of("token", "c-42"),
                List.of("mint", "--creator", "c", "--article", "a"),
                List.of("key", "demo"))) {
            err.reset();
            assertThat(run(command.toArray(String[]::new))).isEqualTo(2);
            assertThat(complained())
                    .isEqualTo(
                            "there is no stack in " + folder.resolve(".millrace")
                                    + ": start one with ./millrace up, or set MILLRACE_HOME to the folder of the one that runs\n");
        }
        Path secrets = Files.createDirectories(folder.resolve(".millrace/secrets"));
        Files.writeString(
                secrets.resolve("MILLRACE_LEDGER_JWT_SECRET"), "a secret of this home, made at its first start\n");
        assertThat(run("token", "c-42")).isZero();
        assertThat(verified(printed().strip(), "a secret of this home, made at its first start"))
                .isNotNull();
    }

    @Test
    void tokenOpensOneAccountOrAll() throws Exception {
        assertThat(run("token", "c-42", "--ttl", "15m")).isZero();
        assertThat(claims(printed().strip(), BEARER_SECRET))
                .isEqualTo(Map.of("sub", "c-42", "iat", 1795514400L, "exp", 1795515300L));
        out.reset();
        environment.put("MILLRACE_LEDGER_JWT_SECRET", "a-secret-of-exactly-32-characters");
        assertThat(run("token", "root", "--admin", "--json")).isZero();
        String token = json(printed()).path("token").asString();
        assertThat(claims(token, "a-secret-of-exactly-32-characters"))
                .isEqualTo(Map.of("sub", "root", "iat", 1795514400L, "exp", 1795518000L, "scope", "ledger.admin"));
    }

    @Test
    void tokenTakesScopesAndAPublishersNeedsNoSubject() throws Exception {
        assertThat(run("token", "--publisher", "demo")).isZero();
        assertThat(claims(printed().strip(), BEARER_SECRET))
                .containsEntry("sub", "publisher:demo")
                .containsEntry("scope", "publisher:demo");
        out.reset();
        assertThat(run("token", "clerk", "--publisher=demo", "--scope=publisher-keys:demo", "--scope", "ledger.rates"))
                .isZero();
        assertThat(claims(printed().strip(), BEARER_SECRET))
                .containsEntry("sub", "clerk")
                .containsEntry("scope", "publisher:demo publisher-keys:demo ledger.rates");
    }

    @Test
    void tokenRefusesWhatTheLedgerWouldRefuse() {
        assertThat(run("token")).isEqualTo(2);
        assertThat(complained()).contains("it takes a SUBJECT, or a publisher: --publisher ID");
        assertThat(run("token", "--publisher", "Demo")).isEqualTo(2);
        assertThat(complained()).contains("publisher id 'Demo' is not of the form");
        assertThat(run("token", "c-42", "--ttl", "1d")).isZero();
        assertThat(run("token", "c-42", "--ttl", "86401s")).isEqualTo(2);
        assertThat(complained()).contains("--ttl is longer than a day");
    }

    /** Without {@code jti}, which is another one each time. */
    private static Map<String, Object> claims(String token, String secret) throws Exception {
        Map<String, Object> claims =
                new HashMap<>(verified(token, secret).getPayload().toJSONObject());
        assertThat(UUID.fromString(String.valueOf(claims.remove("jti")))).isNotNull();
        return claims;
    }

    @Test
    void mintSignsWhatItIsGiven() throws Exception {
        assertThat(run(
                        "mint",
                        "--kid",
                        "demo.3",
                        "--creator",
                        "c-42",
                        "--article",
                        "/a",
                        "--jti",
                        "j",
                        "--ttl",
                        "2h",
                        "--evt",
                        "view,comment",
                        "--qty",
                        "7",
                        "--ref",
                        "r",
                        "--vis",
                        "v",
                        "--json"))
                .isZero();
        String token = json(printed()).path("token").asString();
        assertThat(verified(token, secret(3)).getPayload().toJSONObject())
                .isEqualTo(Map.of(
                        "sub",
                        "c-42",
                        "art",
                        "/a",
                        "jti",
                        "j",
                        "iat",
                        1795514400L,
                        "exp",
                        1795521600L,
                        "evt",
                        List.of("view", "comment"),
                        "qty",
                        7L,
                        "ref",
                        "r",
                        "vis",
                        "v"));
    }

    @Test
    void mintPrintsAWholeEventAndGrantsItsType() throws Exception {
        assertThat(run("mint", "--creator", "c", "--article", "a", "--event", "comment", "--qty", "3"))
                .isZero();
        JsonNode event = json(printed());
        assertThat(event.path("type").asString()).isEqualTo("comment");
        assertThat(verified(event.path("token").asString(), secret(1))
                        .getJWTClaimsSet()
                        .getStringListClaim("evt"))
                .containsExactly("comment");
        out.reset();
        assertThat(run("mint", "--creator", "c", "--article", "a", "--event", "scroll", "--key", "25"))
                .isZero();
        JsonNode scroll = json(printed());
        assertThat(scroll.path("key").asString()).isEqualTo("25");
        assertThat(verified(scroll.path("token").asString(), secret(1))
                        .getJWTClaimsSet()
                        .getClaim("evt"))
                .isNull();
    }

    @Test
    void mintSignsAPageTokenThatNamesNoReader() throws Exception {
        assertThat(run("mint", "--page", "--creator", "c-42", "--article", "/a", "--evt", "reaction", "--ttl", "400d"))
                .isZero();
        Map<String, Object> claims =
                verified(printed().strip(), secret(1)).getPayload().toJSONObject();
        assertThat(claims).containsOnlyKeys("pag", "sub", "art", "iat", "exp", "evt");
        assertThat(claims)
                .containsEntry("pag", true)
                .containsEntry("sub", "c-42")
                .containsEntry("art", "/a")
                .containsEntry("evt", List.of("reaction"));
        for (List<String> wrong : List.of(
                List.of("--ttl", "401d"),
                List.of("--jti", "j"),
                List.of("--vis", "v"),
                List.of("--ref", "https://www.google.com/"),
                List.of("--qty", "2"),
                List.of("--event", "view"))) {
            List<String> command = new ArrayList<>(List.of("mint", "--page", "--creator", "c", "--article", "a"));
            command.addAll(wrong);
            assertThat(run(command.toArray(String[]::new))).as("%s", wrong).isEqualTo(2);
        }
        assertThat(complained())
                .contains("--ttl is PT9624H; the server takes more than 0 and up to 400d")
                .contains("--page takes no --jti");
    }

    @Test
    void mintSaysWhichCreatorOfASandboxEarns() throws Exception {
        assertThat(run("mint", "--publisher", "test-demo", "--creator", "c-42", "--article", "a"))
                .isZero();
        assertThat(complained()).isEqualTo("sandbox test-demo: the creator that earns is test:c-42\n");
        String secret = MasterKey.of(MASTER_KEY).publisherSecret(new Kid("test-demo", 1));
        assertThat(claims(printed().strip(), secret)).containsEntry("sub", "c-42");
        err.reset();
        assertThat(run("mint", "--kid", "test-demo.2", "--creator", "test:c-42", "--article", "a"))
                .isZero();
        assertThat(complained()).isEqualTo("sandbox test-demo: the creator that earns is test:c-42\n");
        err.reset();
        assertThat(run("mint", "--creator", "c-42", "--article", "a")).isZero();
        assertThat(complained()).isEmpty();
    }

    @Test
    void aTtlBeyondTwoHoursOrOfNoFormIsWrongUsage() {
        assertThat(run("mint", "--creator", "c", "--article", "a", "--ttl", "3h"))
                .isEqualTo(2);
        assertThat(complained()).startsWith("--ttl is PT3H; the server takes more than 0 and up to 2h\n");
        err.reset();
        assertThat(run("mint", "--creator", "c", "--article", "a", "--ttl", "soon"))
                .isEqualTo(2);
        assertThat(complained())
                .startsWith("Invalid value for option '--ttl': 'soon' is not a duration such as 90s, 15m, 1h or 2d\n");
    }

    @Test
    void replayPrintsItsCountsAndNothingElseOnStandardOut() throws Exception {
        Path log = folder.resolve("a log.txt");
        Files.writeString(log, """
                h - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 1 "-" "Firefox"
                h - - [17/May/2015:10:05:03 +0000] "GET /b HTTP/1.1" 200 1 "-" "a bot"
                broken
                """);
        assertThat(run("replay", log.toString(), "--dry-run")).isZero();
        assertThat(printed()).isEqualTo("""
                        lines                   3
                        unreadable              1
                        page views              1
                        robots skipped          1
                        too long                0
                        accepted                0
                        duplicate               0
                        rejected                0
                        """);
        assertThat(complained()).isEqualTo("1 unreadable: line 3\ndry run: nothing was sent\n");
        assertThat(ledger.requests()).isEmpty();
        assertThat(ingest.requests()).isEmpty();
        out.reset();
        ledger.on("GET " + KEYS, 200, ONE_LIVE_KEY);
        ingest.on("POST /v1/events", 202, "{\"results\":[{\"status\":\"accepted\"}]}");
        assertThat(run("replay", log.toString(), "--json")).isZero();
        assertThat(printed())
                .isEqualTo("{\"lines\":3,\"unreadable\":1,\"pageViews\":1,\"robotsSkipped\":1,\"tooLong\":0,"
                        + "\"accepted\":1,\"duplicate\":0,\"rejected\":0}\n");
    }

    @Test
    void replayNamesWhatItCanNotUse() {
        assertThat(run("replay", "/no/such.log")).isEqualTo(2);
        assertThat(complained()).startsWith("can't read /no/such.log: it is no readable file\n");
        err.reset();
        assertThat(run("replay", "pom.xml", "--batch", "1001")).isEqualTo(2);
        assertThat(complained()).startsWith("--batch is 1001; it takes 1 to 1000\n");
        err.reset();
        assertThat(run("replay", "pom.xml", "--creators", "0")).isEqualTo(2);
        err.reset();
        assertThat(run("replay", "pom.xml", "--patience", "61m")).isEqualTo(2);
        assertThat(complained()).startsWith("--patience is PT1H1M; it takes 0s to 1h\n");
    }

    @ParameterizedTest
    @CsvSource({
        "--port, 0, --port is 0; it takes 1 to 65535",
        "--port, 65536, --port is 65536; it takes 1 to 65535",
        "--bot, -1, --bot is -1; it takes 0 to 60 pages a minute",
        "--bot, 61, --bot is 61; it takes 0 to 60 pages a minute",
        "--port, 16379, port 16379 is the stack's (MILLRACE_LOCAL_REDIS_PORT); choose another one with --port"
    })
    void demoRefusesWhatItCanNotServe(String option, String value, String message) {
        assertThat(run("demo", option, value)).isEqualTo(2);
        assertThat(complained()).startsWith(message + "\n");
        assertThat(ledger.requests()).isEmpty();
    }

    @Test
    void theDemoNeedsAStackThatKnowsPageTokens() {
        Publishers publishers = new Publishers(LocalSettings.from(environment, folder), CLOCK);
        URI site = URI.create("http://127.0.0.1:8083");
        ledger.on("GET " + KEYS, 200, ONE_LIVE_KEY)
                .on("PATCH /v1/admin/publishers/demo", 200, "{}")
                .on("PATCH /v1/admin/publishers/demo", 400, "{\"detail\":\"pageTokens is no field\"}");
        ingest.on("POST /v1/events?dry-run=true", 422, rejected("origin-not-listed"))
                .on("POST /v1/events?dry-run=true", 422, rejected("type-unknown"))
                .on("POST /v1/events?dry-run=true", 422, rejected("type-unknown"))
                .on("POST /v1/events?dry-run=true", 422, rejected("token-malformed"));
        assertThat(publishers.keyOfSite("demo", site).kid()).isEqualTo(new Kid("demo", 1));
        assertThat(ledger.requests().getLast())
                .isEqualTo(
                        "PATCH /v1/admin/publishers/demo {\"pageTokens\":true,\"sites\":[\"http://127.0.0.1:8083\"]}");
        assertThat(ingest.headers("Origin")).containsExactly(site.toString(), site.toString());
        assertThatThrownBy(() -> publishers.keyOfSite("demo", site))
                .hasMessageStartingWith(
                        "permitting page tokens of demo failed: ledger-service answers 400: pageTokens is no field");
        ledger.instead("PATCH /v1/admin/publishers/demo", 200, "{}");
        assertThatThrownBy(() -> publishers.keyOfSite("demo", site))
                .hasMessage(
                        "ingest-api at http://127.0.0.1:%d takes no page tokens from http://127.0.0.1:8083 (token-malformed). If it is of another release, stop ./millrace up and start it again",
                        ingest.port());
    }

    @Test
    void checkSaysWhatWouldBecomeOfATokenAndWhy() {
        ingest.instead(
                "POST /v1/events?dry-run=true",
                200,
                "{\"now\":1764000000,\"currency\":\"EUR\",\"results\":[{\"status\":\"accepted\",\"claims\":{\"sub\":\"c-42\",\"iat\":1764000000},\"micros\":1000,\"expiresIn\":3600}]}");
        ingest.on(
                "POST /v1/events?dry-run=true",
                200,
                "{\"results\":[{\"status\":\"rejected\",\"code\":\"token-lifetime\",\"detail\":\"exp - iat is 0 s\",\"claims\":{\"iat\":1764000000000},"
                        + "\"hints\":[{\"code\":\"milliseconds\",\"detail\":\"iat looks like milliseconds; divide by 1000\"}]}]}");
        assertThat(run("check", "a.b.c", "--type", "read", "--key", "15"))
                .as(complained())
                .isZero();
        assertThat(printed()).startsWith("""
                verdict   accepted
                pays      0.001000 EUR (1000 micros)
                expires   in 3600 s
                sub       "c-42"
                iat       1764000000 (2025-11-24T16:00:00Z)
                """);
        assertThat(ingest.requests().getLast()).contains("{\"token\":\"a.b.c\",\"type\":\"read\",\"key\":\"15\"}");
        out.reset();
        assertThat(run("check", "a.b.c")).isEqualTo(1);
        assertThat(printed()).isEqualTo("""
                verdict   rejected token-lifetime
                why       exp - iat is 0 s
                iat       1764000000000
                hint      iat looks like milliseconds; divide by 1000
                """);
        assertThat(run("check", "a.b.c", "--edge", "http://127.0.0.1:" + Ports.free()))
                .isEqualTo(1);
        assertThat(complained()).contains("ConnectException; is ingest-api there?");
        assertThat(run("check")).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost:8080", "events.example.com", "ftp://x/", "http:x", "http:///", "https://a b/"})
    void anEdgeIsTheAddressOfAServer(String edge) {
        for (String[] call :
                List.of(new String[] {"check", "a.b.c", "--edge", edge}, new String[] {"script", edge}, new String[] {
                    "replay", "pom.xml", "--url", edge
                })) {
            err.reset();
            assertThat(run(call)).isEqualTo(2);
            assertThat(complained()).contains("'%s' is not an address such as https://".formatted(edge));
        }
    }

    /** Whoever helps another publisher checks a token that somebody else has made. */
    @Test
    void aTokenOfAStrangerCommandsNoTerminal() {
        ingest.instead(
                "POST /v1/events?dry-run=true",
                200,
                "{\"results\":[{\"status\":\"rejected\",\"code\":\"token-signature\",\"claims\":"
                        + "{\"\\u001b[2J\\nverdict\":1,\"art\":\"\\u009b2J\\u202e\",\"iat\":9223372036854775808}}]}");
        assertThat(run("check", "a.b.c")).as(complained()).isEqualTo(1);
        assertThat(printed()).isEqualTo("""
                verdict   rejected token-signature
                ?[2J?verdict  1
                art       "?2J?"
                iat       9223372036854775808
                """);
    }

    @Test
    void checkAsksAsAPageOfASiteWouldSend() {
        ingest.on(
                "POST /v1/events?dry-run=true&origin=https%3A%2F%2Fwww.example.com%2Fa%3Fb%26c",
                200, "{\"results\":[{\"status\":\"filtered\",\"reason\":\"robot\"}]}");
        assertThat(run("check", "a.b.c", "--origin", "https://www.example.com/a?b&c"))
                .as(complained())
                .isZero();
        assertThat(printed()).isEqualTo("verdict   filtered robot\n");
    }

    /** The hashes are those of the empty text, which everybody knows. */
    @Test
    void scriptPrintsTheTagWithTheHashOfWhatTheEdgeServes() {
        ingest.on("GET /m.js", 200, "", "text/javascript;charset=utf-8");
        String edge = "http://127.0.0.1:" + ingest.port();
        for (String[] call : List.of(new String[] {"script"}, new String[] {"script", edge + "/"})) {
            out.reset();
            assertThat(run(call)).as(complained()).isZero();
            assertThat(printed()).isEqualTo("""
                    <script defer src="%s/m/e3b0c44298fc.js"
                            integrity="sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb" crossorigin="anonymous" data-token="…"></script>
                    """.formatted(edge));
        }
    }

    @Test
    void scriptTakesNothingButAScript() {
        ingest.on("GET /m.js", 200, "<p>hello</p>", "text/html");
        assertThat(run("script")).isEqualTo(1);
        assertThat(complained()).contains("/m.js answers 200 and 'text/html', and no script");
        err.reset();
        assertThat(run("script", "http://127.0.0.1:" + Ports.free())).isEqualTo(1);
        assertThat(complained()).startsWith("can't read http://127.0.0.1:");
        assertThat(printed()).isEmpty();
    }

    @Test
    void anArgumentThatIsNotUtf8IsRefused() {
        assertThat(run("mint", "--creator", "c", "--article", "/caf\ufffd")).isEqualTo(2);
        assertThat(complained())
                .isEqualTo(
                        "the argument '/caf\ufffd' is not UTF-8; set LC_ALL to a locale of UTF-8, such as C.UTF-8\n");
        assertThat(printed()).isEmpty();
    }

    @Test
    void aBadEnvironmentIsWrongUsageToo() {
        environment.put("MILLRACE_LEDGER_PORT", "http");
        assertThat(run("key", "demo")).isEqualTo(2);
        assertThat(complained()).isEqualTo("MILLRACE_LEDGER_PORT is 'http'; it takes a port from 1 to 65535\n");
    }

    @Test
    void reconcileSaysWhenThereIsNothingToReconcile() throws IOException {
        assertThat(run("reconcile")).isEqualTo(2);
        assertThat(complained())
                .isEqualTo("there is no stack in " + folder.resolve(".millrace")
                        + ": start one with ./millrace up, or set MILLRACE_HOME to the folder of the one that runs\n");
        err.reset();
        Path postgres = Files.createDirectories(folder.resolve(".millrace/postgres"));
        Files.writeString(postgres.resolve("password"), "secret");
        int port = Ports.free();
        environment.put("MILLRACE_LOCAL_POSTGRES_PORT", Integer.toString(port));
        assertThat(run("reconcile", "--json")).isEqualTo(2);
        assertThat(complained())
                .isEqualTo(
                        "the stack is not running: nothing listens on port " + port
                                + " (postgres); start it with ./millrace up, or set MILLRACE_LOCAL_POSTGRES_PORT as it was set there\n");
    }

    private int run(String... arguments) {
        Terminal terminal = new Terminal(environment, folder, stream(out), stream(err), 0, CLOCK);
        return new Shell(terminal)
                .with(new UpCommand(terminal))
                .with(new DemoCommand(terminal))
                .with(new KeyCommand(terminal))
                .with(new TokenCommand(terminal))
                .with(new MintCommand(terminal))
                .with(new CheckCommand(terminal))
                .with(new ScriptCommand(terminal))
                .with(new ReplayCommand(terminal))
                .with(new ReconcileOnStack(terminal))
                .run(arguments);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String complained() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static JsonNode json(String text) {
        return JsonMapper.shared().readTree(text);
    }

    private static String rejected(String code) {
        return "{\"accepted\":0,\"duplicate\":0,\"rejected\":1,\"results\":[{\"status\":\"rejected\",\"code\":\"" + code
                + "\"}]}";
    }

    private static String secret(int number) {
        return MasterKey.of(MASTER_KEY).publisherSecret(new Kid("demo", number));
    }

    private static SignedJWT verified(String token, String secret) throws Exception {
        SignedJWT parsed = SignedJWT.parse(token);
        assertThat(parsed.verify(new MACVerifier(secret.getBytes(StandardCharsets.US_ASCII))))
                .isTrue();
        return parsed;
    }
}
