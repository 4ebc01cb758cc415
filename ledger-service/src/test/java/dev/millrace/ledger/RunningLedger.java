package dev.millrace.ledger;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service as it runs in production, on a port of its own, and a client for it. */
public final class RunningLedger implements AutoCloseable {
    public static final String MASTER_KEY = "master-key-of-the-ledgers-own-tests-0123456789";
    public static final String SECRET = "bearer-secret-of-the-ledgers-own-tests-0123456789";

    private static final JsonMapper JSON = new JsonMapper();

    private final Stores stores;
    private final ConfigurableApplicationContext context;
    private final HttpClient http = HttpClient.newHttpClient();
    private final String address;
    private final String managementAddress;

    private RunningLedger(Stores stores, Map<String, String> more, String... arguments) {
        this.stores = stores;
        Map<String, Object> properties = new HashMap<>(Map.of(
                "MILLRACE_LEDGER_PORT",
                "0",
                "MILLRACE_LEDGER_MANAGEMENT_PORT",
                "0",
                "MILLRACE_MASTER_KEY",
                MASTER_KEY,
                "MILLRACE_LEDGER_JWT_SECRET",
                SECRET,
                "MILLRACE_POSTGRES_URL",
                stores.jdbcUrl(),
                "MILLRACE_POSTGRES_PASSWORD",
                stores.password(),
                "MILLRACE_REDIS_URL",
                stores.redisUrl()));
        properties.putAll(more);
        this.context = new SpringApplicationBuilder(LedgerService.class)
                .properties(properties)
                .registerShutdownHook(false)
                .run(arguments);
        this.address = "http://127.0.0.1:" + context.getEnvironment().getRequiredProperty("local.server.port");
        this.managementAddress =
                "http://127.0.0.1:" + context.getEnvironment().getRequiredProperty("local.management.port");
    }

    private static final class Shared {
        private static final RunningLedger LEDGER = start(openStores(), Map.of());

        private static Stores openStores() {
            Stores stores = Stores.fresh(0);
            stores.openCounters();
            return stores;
        }
    }

    /** One for all tests that leave its counters open: each uses creators and publishers of its own. */
    public static RunningLedger shared() {
        return Shared.LEDGER;
    }

    /** @param arguments of the command line, for what is no variable */
    public static RunningLedger start(Stores stores, Map<String, String> more, String... arguments) {
        return new RunningLedger(stores, more, arguments);
    }

    public Stores stores() {
        return stores;
    }

    public String address() {
        return address;
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    /** An answer. */
    public record Answer(int status, HttpResponse<String> response) {
        public JsonNode json() {
            return JSON.readTree(response.body());
        }

        public String text() {
            return response.body();
        }

        public String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        /** The problem's code, after checking that it is a problem detail all through. */
        public String problem() {
            if (!header("Content-Type").equals("application/problem+json")) {
                throw new AssertionError("no problem detail: %d %s".formatted(status, text()));
            }
            JsonNode problem = json();
            String code = problem.get("code").asString();
            if (problem.get("status").asInt() != status
                    || !problem.get("type").asString().equals("urn:millrace:problem:" + code)
                    || problem.get("title").asString().isEmpty()
                    || problem.get("detail").asString().isEmpty()) {
                throw new AssertionError("an incomplete problem detail: " + text());
            }
            return code;
        }

        public String detail() {
            return json().get("detail").asString();
        }
    }

    public Answer get(String path, String token) {
        return send(request(path, token).GET());
    }

    /** Of health and metrics, which have a port of their own. */
    public Answer management(String path) {
        return send(HttpRequest.newBuilder(URI.create(managementAddress + path))
                .timeout(Duration.ofSeconds(60))
                .GET());
    }

    public Answer post(String path, String token, String body) {
        return send(request(path, token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    public Answer delete(String path, String token) {
        return send(request(path, token).DELETE());
    }

    public HttpRequest.Builder request(String path, String token) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(address + path)).timeout(Duration.ofSeconds(60));
        return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
    }

    public Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Sends a request whose answer comes bit by bit. */
    public HttpResponse<InputStream> open(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public static String token(String subject) {
        return sign(claims(subject).build(), SECRET);
    }

    public static String admin() {
        return scoped("admin", "other ledger.admin");
    }

    /** For the scope that reads every creator's data. */
    public static String reader(String subject) {
        return scoped(subject, "ledger.read");
    }

    /** With this scope, or several separated by blanks. */
    public static String scoped(String subject, String scope) {
        return sign(claims(subject).claim("scope", scope).build(), SECRET);
    }

    public static JWTClaimsSet.Builder claims(String subject) {
        return new JWTClaimsSet.Builder()
                .subject(subject)
                .jwtID("token-of-" + subject)
                .issueTime(Date.from(Instant.now()))
                .expirationTime(Date.from(Instant.now().plusSeconds(600)));
    }

    public static String sign(JWTClaimsSet claims, String secret) {
        return sign(claims, secret, JWSAlgorithm.HS256);
    }

    public static String sign(JWTClaimsSet claims, String secret, JWSAlgorithm algorithm) {
        try {
            SignedJWT token = new SignedJWT(new JWSHeader(algorithm), claims);
            token.sign(new MACSigner(secret.getBytes(StandardCharsets.UTF_8)));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        context.close();
        stores.close();
    }
}
