package dev.millrace.ingest.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.auth0.jwt.JWT;
import com.auth0.jwt.JWTCreator;
import com.auth0.jwt.algorithms.Algorithm;
import com.google.common.collect.ImmutableList;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.jsonwebtoken.JwtBuilder;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.crypto.SecretKey;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.keys.HmacKey;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tokens of the libraries that publishers use, as these write them by default, and with what their users get wrong. Those of other languages are minted by
 * the programs of {@code src/test/jwt}, where language and library are here; the test prints which are missing.
 */
class JwtLibrariesTest {
    private static final String KID = "demo.1";
    private static final String SECRET = Tokens.secret(KID);
    private static final Path PROGRAMS = Path.of("src/test/jwt").toAbsolutePath();
    private static final int MINUTES = 2;
    private static final String ARTICLE = "/caf\u00e9";

    /** What must become of a variant: an empty text counts, another one is part of the refusal. */
    private static final Map<String, String> VERDICTS = Map.ofEntries(
            Map.entry("default", ""),
            Map.entry("float", ""),
            Map.entry("audience", ""),
            Map.entry("extra", ""),
            Map.entry(
                    "audience-of-others",
                    "token-audience: the token's aud does not hold \"millrace\"; leave aud out, or add it"),
            Map.entry("no-exp", "token-malformed: exp is missing"),
            Map.entry("no-iat", "token-malformed: iat is missing"),
            Map.entry("no-kid", "token-malformed: kid is missing; it is <publisher>.<number>"),
            Map.entry("hs512", "token-malformed: alg is \"HS512\"; only \"HS256\" is accepted"),
            Map.entry("decoded", "token-signature: the signature is not that of kid demo.1"),
            Map.entry("milliseconds", "it is a number of seconds from 0 to 253402300799"),
            Map.entry("text-times", "it is a number of seconds"));

    @TempDir
    private static Path folder;

    private final EventVerifier verifier = Tokens.verifier();
    private final Instant now = Instant.now();
    private final Date issued = Date.from(now);
    private final Date expires = Date.from(now.plus(Duration.ofHours(1)));

    /** Libraries of one language, by the names that its program takes. */
    enum Language {
        NODE("node", "mint.mjs", "jsonwebtoken", "jose", "fast-jwt", "jwt-simple", "njwt"),
        PYTHON("/usr/bin/python3", "mint.py", "jwt", "jose", "authlib", "jwcrypto"),
        RUBY("ruby", "mint.rb", "jwt", "json/jwt"),
        PERL("perl", "mint.pl", "Crypt::JWT", "JSON::WebToken", "Mojo::JWT"),
        GO("go", "mint.go", "golang-jwt", "go-jose"),
        C("cc", "mint.c", "libjwt");

        private final String program;
        private final String source;
        private final ImmutableList<String> libraries;

        Language(String program, String source, String... libraries) {
            this.program = program;
            this.source = source;
            this.libraries = ImmutableList.copyOf(libraries);
        }

        /** How the program is run; compiled languages are compiled. */
        private List<String> command() throws IOException, InterruptedException {
            String file = PROGRAMS.resolve(source).toString();
            String binary = folder.resolve("mint-" + this).toString();
            return switch (this) {
                case GO ->
                    run(List.of("go", "build", "-o", binary, file)).exitCode() == 0 ? List.of(binary) : List.of();
                case C -> run(List.of("cc", "-o", binary, file, "-ljwt")).exitCode() == 0 ? List.of(binary) : List.of();
                default -> List.of(program, file);
            };
        }
    }

    private record Run(int exitCode, String out) {}

    private static Run run(List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", "");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(PROGRAMS.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(out.toFile());
        builder.environment().putAll(Map.of("GO111MODULE", "off", "GOPATH", "/usr/share/gocode", "LC_ALL", "C.UTF-8"));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return new Run(127, "");
        }
        assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
        return new Run(process.exitValue(), Files.readString(out));
    }

    @ParameterizedTest
    @EnumSource
    void aTokenOfAnotherLanguagesLibraryCountsOrIsRefusedForItsFault(Language language) throws Exception {
        List<String> command = language.command();
        int here = 0;
        for (String library : language.libraries) {
            Run run = command.isEmpty()
                    ? new Run(1, "")
                    : run(Stream.concat(command.stream(), Stream.of(library, KID, SECRET))
                            .toList());
            if (run.exitCode() != 0) {
                System.out.println("JwtLibrariesTest: SKIPPED: " + library + " of " + language + " is not here");
                continue;
            }
            here++;
            Map<String, String> tokens = new LinkedHashMap<>();
            run.out().lines().map(line -> line.split("\t", -1)).forEach(line -> tokens.put(line[0], line[1]));
            assertThat(tokens).containsKey("default");
            tokens.forEach((variant, token) -> assertJudged(library, variant, token));
        }
        Assumptions.assumeTrue(here > 0, "no library of " + language + " is here");
    }

    private void assertJudged(String library, String variant, String token) {
        String verdict = verdict(token);
        String expected = Objects.requireNonNull(VERDICTS.get(variant), variant);
        if (expected.isEmpty()) {
            assertThat(verdict).as("%s, %s: %s", library, variant, token).isEmpty();
        } else {
            assertThat(verdict).as("%s, %s: %s", library, variant, token).contains(expected);
        }
    }

    /** Empty where it counts, otherwise code and detail. */
    private String verdict(String token) {
        Verdict verdict = verifier.verify(
                        List.of(new Event(token, "view", null)),
                        Sender.SERVER,
                        Tokens.CATALOG,
                        Instant.now().getEpochSecond())
                .verdicts()
                .getFirst();
        return switch (verdict) {
            case PricedEvent event -> {
                assertThat(event.name().creator()).isEqualTo("c-42");
                assertThat(event.name().article()).isEqualTo(ARTICLE);
                yield "";
            }
            case Outcome outcome -> outcome.code() + ": " + outcome.detail();
        };
    }

    // ------------------------------------------------------------------------------------------ Java

    private static final byte[] KEY = SECRET.getBytes(StandardCharsets.UTF_8);
    private static final byte[] DECODED = Base64.getUrlDecoder().decode(SECRET);
    private static final Map<String, Object> NESTED = Map.of("a", List.of(1, Map.of("b", 2.5)));

    @Test
    void tokensOfJavaJwt() {
        assertJudged("java-jwt", "default", javaJwt("default").withKeyId(KID).sign(Algorithm.HMAC256(SECRET)));
        assertJudged(
                "java-jwt",
                "audience",
                javaJwt("audience")
                        .withKeyId(KID)
                        .withAudience("web", "millrace")
                        .sign(Algorithm.HMAC256(SECRET)));
        assertJudged(
                "java-jwt",
                "extra",
                javaJwt("extra")
                        .withKeyId(KID)
                        .withIssuer("https://news.example")
                        .withClaim("nested", NESTED)
                        .withNotBefore(now)
                        .sign(Algorithm.HMAC256(KEY)));
        assertJudged("java-jwt", "no-kid", javaJwt("no-kid").sign(Algorithm.HMAC256(SECRET)));
        assertJudged("java-jwt", "hs512", javaJwt("hs512").withKeyId(KID).sign(Algorithm.HMAC512(SECRET)));
        assertJudged("java-jwt", "decoded", javaJwt("decoded").withKeyId(KID).sign(Algorithm.HMAC256(DECODED)));
    }

    private JWTCreator.Builder javaJwt(String variant) {
        return JWT.create()
                .withSubject("c-42")
                .withClaim("art", ARTICLE)
                .withJWTId("java-jwt-" + variant)
                .withIssuedAt(now)
                .withExpiresAt(expires);
    }

    @Test
    void tokensOfJjwt() {
        SecretKey key = Keys.hmacShaKeyFor(KEY);
        assertJudged("jjwt", "default", jjwt("default").signWith(key).compact());
        assertJudged(
                "jjwt",
                "audience",
                jjwt("audience")
                        .audience()
                        .add("web")
                        .add("millrace")
                        .and()
                        .notBefore(issued)
                        .signWith(key)
                        .compact());
        assertJudged(
                "jjwt",
                "audience-of-others",
                jjwt("others").audience().add("web").and().signWith(key).compact());
        assertJudged(
                "jjwt",
                "extra",
                jjwt("extra")
                        .issuer("https://news.example")
                        .claim("nested", NESTED)
                        .signWith(key)
                        .compact());
        assertJudged(
                "jjwt",
                "decoded",
                jjwt("decoded").signWith(Keys.hmacShaKeyFor(DECODED)).compact());
        assertJudged(
                "jjwt", "no-kid", Jwts.builder().subject("c-42").signWith(key).compact());
    }

    private JwtBuilder jjwt(String variant) {
        return Jwts.builder()
                .header()
                .keyId(KID)
                .and()
                .subject("c-42")
                .claim("art", ARTICLE)
                .id("jjwt-" + variant)
                .issuedAt(issued)
                .expiration(expires);
    }

    @Test
    void tokensOfNimbus() throws JOSEException {
        assertJudged("nimbus", "default", nimbus(JWSAlgorithm.HS256, List.of()));
        assertJudged("nimbus", "audience", nimbus(JWSAlgorithm.HS256, List.of("web", "millrace")));
        assertJudged("nimbus", "audience-of-others", nimbus(JWSAlgorithm.HS256, List.of("web")));
        assertJudged("nimbus", "hs512", nimbus(JWSAlgorithm.HS512, List.of()));
    }

    private String nimbus(JWSAlgorithm algorithm, List<String> audience) throws JOSEException {
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(algorithm)
                        .type(JOSEObjectType.JWT)
                        .keyID(KID)
                        .build(),
                new JWTClaimsSet.Builder()
                        .subject("c-42")
                        .claim("art", ARTICLE)
                        .claim("nested", NESTED)
                        .jwtID("nimbus")
                        .audience(audience)
                        .issueTime(issued)
                        .expirationTime(expires)
                        .build());
        jwt.sign(new MACSigner(SECRET + SECRET.repeat(algorithm.equals(JWSAlgorithm.HS512) ? 1 : 0)));
        return jwt.serialize();
    }

    @Test
    void tokensOfJose4j() throws JoseException {
        assertJudged("jose4j", "default", jose4j(claims -> {}, KID, KEY));
        assertJudged("jose4j", "float", jose4j(claims -> claims.setClaim("iat", now.toEpochMilli() / 1e3), KID, KEY));
        assertJudged("jose4j", "audience", jose4j(claims -> claims.setAudience("web", "millrace"), KID, KEY));
        assertJudged("jose4j", "extra", jose4j(claims -> claims.setClaim("nested", NESTED), KID, KEY));
        assertJudged("jose4j", "decoded", jose4j(claims -> {}, KID, DECODED));
        assertJudged("jose4j", "no-kid", jose4j(claims -> {}, null, KEY));
    }

    private static String jose4j(Consumer<JwtClaims> more, @Nullable String kid, byte[] key) throws JoseException {
        JwtClaims claims = new JwtClaims();
        claims.setSubject("c-42");
        claims.setStringClaim("art", ARTICLE);
        claims.setGeneratedJwtId();
        claims.setIssuedAtToNow();
        claims.setExpirationTimeMinutesInTheFuture(60);
        more.accept(claims);
        JsonWebSignature jws = new JsonWebSignature();
        jws.setPayload(claims.toJson());
        jws.setAlgorithmHeaderValue(AlgorithmIdentifiers.HMAC_SHA256);
        jws.setKey(new HmacKey(key));
        if (kid != null) {
            jws.setKeyIdHeaderValue(kid);
        }
        return jws.getCompactSerialization();
    }
}
