package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.Moments;
import dev.millrace.local.testing.RealServers;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files of docs/start/snippets, run as publishers run them. The test prints which runtimes are missing. */
class SnippetsIT {
    private static final Path FOLDER = Path.of("../docs/start/snippets");
    private static final String KID = "demo.1";
    private static final String SECRET = Tokens.secret(KID);

    /** UTF-8 in ASCII, as printf's %b reads it, so that the locale of the test does not matter: /café "🚀" <&>\. */
    private static final String ARTICLE_ESCAPED = "/caf\\0303\\0251 \"\\0360\\0237\\0232\\0200\" <&>\\\\";

    private static final String ARTICLE = "/caf\u00e9 \"\ud83d\ude80\" <&>\\";

    /** As JSON. */
    private static final String QUOTED = JsonMapper.shared().writeValueAsString(ARTICLE);

    private static final Set<Snippet> OPTIONAL = EnumSet.of(Snippet.PHP, Snippet.RUBY, Snippet.GO);
    private static final Duration HALF_HOUR = Duration.ofMinutes(30);

    private static OpenCounters counters;
    private static RunningIngest ingest;

    enum Snippet {
        NODE("node", "mint.mjs"),
        PYTHON("python3", "mint.py"),
        PHP("php", "mint.php"),
        RUBY("ruby", "mint.rb"),
        GO("go", "run", "mint.go"),
        JAVA(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "Mint.java");

        private final ImmutableList<String> command;

        Snippet(String... command) {
            this.command = ImmutableList.copyOf(command);
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        boolean isHere() {
            return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                    .anyMatch(folder -> Files.isExecutable(Path.of(folder).resolve(command.getFirst())));
        }
    }

    @BeforeAll
    static void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(
                RealServers.redisUrl(), "--millrace.redis-patience=30s", "--millrace.tally-timeout=30s");
    }

    @AfterAll
    static void stop() {
        ingest.close();
        counters.close();
    }

    @ParameterizedTest
    @EnumSource
    void aVisitorCountsOnceForAnArticleAndHalfHour(Snippet snippet) throws Exception {
        required(snippet);
        Moments.awayFromTheEndOf(HALF_HOUR);
        String creator = "c-" + snippet;
        String token = mint(snippet, "event", creator, "v-1");
        long issued = claims(token).path("iat").asLong();
        assertThat(claims(token))
                .isEqualTo(json("{'sub':'%s','art':%s,'jti':'%s','vis':'%s','iat':%d,'exp':%d}"
                        .formatted(creator, QUOTED, jti("v-1", issued), hmac("visitor\nv-1"), issued, issued + 3600)));
        assertThat(statuses(token)).containsExactly("accepted");
        assertThat(statuses(mint(snippet, "event", creator, "v-1"))).containsExactly("duplicate");
        assertThat(statuses(mint(snippet, "event", creator, "v-2"))).containsExactly("accepted");
    }

    @Test
    void aVisitorCountsOnceWhateverLanguageSigned() throws Exception {
        required(Snippet.NODE);
        required(Snippet.PYTHON);
        Moments.awayFromTheEndOf(HALF_HOUR);
        assertThat(statuses(mint(Snippet.NODE, "event", "c-both", "v-1"))).containsExactly("accepted");
        assertThat(statuses(mint(Snippet.PYTHON, "event", "c-both", "v-1"))).containsExactly("duplicate");
    }

    @ParameterizedTest
    @EnumSource
    void aPageTokenNamesNoReader(Snippet snippet) throws Exception {
        required(snippet);
        String token = mint(snippet, "page", "c-42");
        String[] parts = token.split("\\.", -1);
        assertThat(parts).hasSize(3);
        assertThat(parts[2]).isEqualTo(hmac(parts[0] + "." + parts[1]));
        long issued = claims(token).path("iat").asLong();
        assertThat(claims(token))
                .isEqualTo(json("{'sub':'c-42','art':%s,'pag':true,'iat':%d,'exp':%d}"
                        .formatted(QUOTED, issued, issued + 30 * 86_400)));
    }

    @ParameterizedTest
    @EnumSource
    void aWrongCallSaysWhatItTakes(Snippet snippet) throws Exception {
        required(snippet);
        Run run = run(snippet.command, List.of("event", "c-42"));
        assertThat(run.exitCode()).isNotZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("usage: MILLRACE_KID=").contains("event CREATOR ARTICLE VISITOR");
    }

    /** WordPress itself is not here: the plugin's own test has stand-ins for its functions, and prints a token. */
    @Test
    void theWordPressPluginKeepsItsPromisesAgainstStandIns() throws Exception {
        required(Snippet.PHP);
        Run run = run(List.of("php", "-d", "display_errors=stderr", "../../../deploy/wordpress/test.php"), List.of());
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines().skip(1)).containsExactly("52 checks");
        String[] parts = run.out().lines().findFirst().orElseThrow().split("\\.", -1);
        assertThat(parts[2]).isEqualTo(hmac("geheim", parts[0] + "." + parts[1]));
    }

    private static JsonNode json(String text) {
        return JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    private static String jti(String visitor, long issued) throws GeneralSecurityException {
        return hmac(visitor + "\n" + ARTICLE + "\n" + issued / 1800);
    }

    private static String hmac(String text) throws GeneralSecurityException {
        return hmac(SECRET, text);
    }

    private static String hmac(String secret, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static JsonNode claims(String token) {
        String payload = token.split("\\.", -1)[1];
        return JsonMapper.shared().readTree(Base64.getUrlDecoder().decode(payload));
    }

    private static List<String> statuses(String token) {
        JsonNode answer =
                ingest.post("{\"token\":\"" + token + "\",\"type\":\"view\"}").json();
        return answer.path("results")
                .valueStream()
                .map(result ->
                        result.path("status").asString() + result.path("detail").asString(""))
                .toList();
    }

    private static String mint(Snippet snippet, String kind, String creator, String... visitor) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(kind, creator, "ARTICLE"));
        arguments.addAll(List.of(visitor));
        Run run = run(snippet.command, arguments);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return run.out().strip();
    }

    private record Run(int exitCode, String out, String err) {}

    /** Through a shell, which writes the article: this process' locale may not know its characters. */
    private static Run run(List<String> program, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                "article=$(printf %b \"$ESCAPED\"); n=$#; while [ $n -gt 0 ]; do a=$1; shift; n=$((n-1));"
                        + " [ \"$a\" = ARTICLE ] && a=$article; set -- \"$@\" \"$a\"; done; exec \"$@\"",
                "sh"));
        command.addAll(program);
        command.addAll(arguments);
        Path out = Files.createTempFile("snippet", ".out");
        Path err = Files.createTempFile("snippet", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).directory(FOLDER.toFile());
            builder.environment()
                    .putAll(Map.of(
                            "ESCAPED", ARTICLE_ESCAPED,
                            "MILLRACE_KID", KID,
                            "MILLRACE_SECRET", SECRET,
                            "LC_ALL", "C.UTF-8"));
            Process process = builder.redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " has not ended within 120 s");
            }
            return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static void required(Snippet snippet) {
        if (!snippet.isHere()) {
            String missing = "SNIPPET NOT RUN: %s is missing: no %s on this machine"
                    .formatted(snippet.command.getLast(), snippet.command.getFirst());
            System.out.println(missing);
            assertThat(OPTIONAL).as(missing).contains(snippet);
            Assumptions.abort(missing);
        }
    }
}
