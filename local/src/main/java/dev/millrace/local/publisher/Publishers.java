package dev.millrace.local.publisher;

import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.Kid;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.server.JsonClient;
import dev.millrace.local.server.JsonClient.Answer;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Gives publishers of the running local stack, creating them where they are missing. */
public final class Publishers {
    private static final Duration LEDGER_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration TOKEN_LIFETIME = Duration.ofMinutes(1);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(5);
    /** The code of a {@link #probe} with a good token. */
    private static final String TAKEN = "type-unknown";

    private static final Duration PROBE_PAUSE = Duration.ofMillis(100);

    private final URI ledger;
    private final URI ingest;
    private final BearerMint bearer;
    private final MasterKeys masterKeys;
    private final Clock clock;

    public Publishers(LocalSettings settings, Clock clock) {
        this.ledger = settings.address(Part.LEDGER);
        this.ingest = settings.address(Part.INGEST);
        this.bearer = new BearerMint(settings.bearerSecret());
        this.masterKeys = settings.masterKeys();
        this.clock = clock;
    }

    /** A key that signs: its name, and the HMAC key's characters. */
    public record SigningKey(Kid kid, String secret) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "SigningKey[" + kid + "]";
        }
    }

    /**
     * The newest live key of a publisher. A publisher without one gets one, and an unknown publisher is created. Returns
     * when ingest-api takes the key, where it runs.
     *
     * @throws CommandException when the ledger does not answer or refuses, with the remedy
     */
    public SigningKey key(String publisher) {
        SigningKey key = newestLive(publisher).orElseGet(() -> create(publisher, ""));
        awaitIngest(key);
        return key;
    }

    /** The same with a new key that ends by itself. */
    public SigningKey keyUntil(String publisher, Instant expires) {
        var _ = newestLive(publisher); // creates the publisher
        SigningKey key = create(publisher, "{\"expires\":\"" + expires + "\"}");
        awaitIngest(key);
        return key;
    }

    /**
     * The same for a publisher whose page tokens count on a site, which replaces other sites of it. Returns when ingest-api
     * takes page tokens from there.
     *
     * @param site origin of its pages
     * @throws CommandException also where the stack is of another release, and knows no page tokens
     */
    public SigningKey keyOfSite(String publisher, URI site) {
        SigningKey key = key(publisher);
        Answer answer =
                ask("PATCH", "/v1/admin/publishers/" + publisher, "{\"pageTokens\":true,\"sites\":[\"" + site + "\"]}");
        if (answer.status() != 200) {
            throw CommandException.failed(
                    "permitting page tokens of %s failed: ledger-service answers %d: %s. If it is of another release, stop ./millrace up and start it again"
                            .formatted(publisher, answer.status(), answer.detail()));
        }
        awaitSite(key, site);
        return key;
    }

    private Optional<SigningKey> newestLive(String publisher) {
        Answer answer = ask("GET", keysOf(publisher), "");
        if (answer.status() == 404) {
            Answer created = ask("POST", "/v1/admin/publishers", "{\"publisher\":\"" + publisher + "\"}");
            require("creating the publisher " + publisher, created, created.status() == 201 || created.status() == 409);
            return Optional.empty();
        }
        require("listing the keys of " + publisher, answer, answer.status() == 200);
        return answer.body()
                .path("keys")
                .valueStream()
                .filter(key -> key.path("revokedAt").asString("").isEmpty())
                .filter(key -> isAhead(key.path("expiresAt").asString("")))
                .flatMap(key -> Kid.parse(key.path("kid").asString(""))
                        .map(kid -> signing(kid, key.path("master").asString("v1")))
                        .stream())
                .max(Comparator.comparingInt(key -> key.kid().number()));
    }

    private boolean isAhead(String expires) {
        return expires.isEmpty() || Instant.parse(expires).isAfter(clock.instant());
    }

    /** @param master version of the master key, such as {@code v1} */
    private SigningKey signing(Kid kid, String master) {
        return masterKeys
                .publisherSecret(kid, Integer.parseInt(master.substring(1)))
                .map(secret -> new SigningKey(kid, secret))
                .orElseThrow(() -> anotherMasterKey(kid));
    }

    private SigningKey create(String publisher, String body) {
        Answer answer = ask("POST", keysOf(publisher), body);
        Optional<Kid> kid = Kid.parse(answer.body().path("kid").asString(""));
        require("creating a key of " + publisher, answer, answer.status() == 201 && kid.isPresent());
        SigningKey key = signing(kid.orElseThrow(), answer.body().path("master").asString("v1"));
        if (!answer.body().path("secret").asString("").equals(key.secret())) {
            throw anotherMasterKey(key.kid());
        }
        return key;
    }

    private static String keysOf(String publisher) {
        return "/v1/admin/publishers/" + publisher + "/keys";
    }

    private static void require(String what, Answer answer, boolean isExpected) {
        if (!isExpected) {
            throw CommandException.failed(
                    "%s failed: ledger-service answers %d: %s".formatted(what, answer.status(), answer.detail()));
        }
    }

    private static CommandException anotherMasterKey(Kid kid) {
        return CommandException.failed("the running stack has another secret for " + kid
                + ": MILLRACE_MASTER_KEY (or MILLRACE_MASTER_KEYS) must be set here as it is there");
    }

    /** Asks an admin endpoint of the ledger, with a bearer token for this request alone. */
    private Answer ask(String method, String path, String json) {
        try {
            Answer answer = JsonClient.send(HttpRequest.newBuilder(ledger.resolve(path))
                    .timeout(LEDGER_TIMEOUT)
                    .header("Authorization", "Bearer " + bearer.forAdmin("millrace", clock.instant(), TOKEN_LIFETIME))
                    .header("Content-Type", "application/json")
                    .method(method, BodyPublishers.ofString(json)));
            if (answer.status() == 401 || answer.status() == 403) {
                throw CommandException.failed("ledger-service at " + ledger + " refuses our bearer token ("
                        + answer.status() + "): MILLRACE_LEDGER_JWT_SECRET must be set here as it is there");
            }
            return answer;
        } catch (IOException e) {
            throw CommandException.failed(
                    "ledger-service does not answer at " + ledger + ": start it with ./millrace up");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted while waiting for ledger-service");
        }
    }

    /** Waits until ingest-api knows a key. Where ingest-api does not run, it learns the key when it starts. */
    private void awaitIngest(SigningKey key) {
        try {
            String code = awaitCode(key, null, Set.of("key-unknown", ""));
            if (code.equals("token-signature")) {
                throw anotherMasterKey(key.kid());
            }
        } catch (IOException e) {
            // It does not run.
        }
    }

    private void awaitSite(SigningKey key, URI site) {
        String code;
        try {
            code = awaitCode(key, site, Set.of("page-tokens-off", "origin-not-listed", ""));
        } catch (IOException e) {
            throw CommandException.failed("ingest-api does not answer at " + ingest + ": start it with ./millrace up");
        }
        if (!code.equals(TAKEN)) {
            throw CommandException.failed(
                    "ingest-api at %s takes no page tokens from %s (%s). If it is of another release, stop ./millrace up and start it again"
                            .formatted(ingest, site, code.isEmpty() ? "no answer" : code));
        }
    }

    /** The code of a {@link #probe} as soon as it is none of those that pass, or when patience is over. */
    private String awaitCode(SigningKey key, @Nullable URI site, Set<String> passing) throws IOException {
        long deadline = System.nanoTime() + PROBE_PATIENCE.toNanos();
        try {
            String code = probe(key, site);
            while (passing.contains(code) && System.nanoTime() < deadline) {
                Thread.sleep(PROBE_PAUSE);
                code = probe(key, site);
            }
            return code;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted while waiting for ingest-api");
        }
    }

    /**
     * Why an event would be rejected whose type does not exist; empty when the server could not tell. All else is judged before
     * the type, so {@link #TAKEN} says that the token is good, and nothing can count.
     *
     * @param site where a page token is sent from; null: an event token is sent
     */
    private String probe(SigningKey key, @Nullable URI site) throws IOException, InterruptedException {
        EventClaims claims = EventClaims.of(
                        "millrace", "probe", UUID.randomUUID().toString(), clock.instant())
                .with("pag", site == null ? null : true);
        String token = TokenMint.forPublisher(key.kid(), key.secret()).mint(claims);
        HttpRequest.Builder request = HttpRequest.newBuilder(ingest.resolve("/v1/events?dry-run=true"))
                .timeout(PROBE_TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"token\":\"" + token + "\",\"type\":\"probe\"}"));
        if (site != null) {
            request.header("Origin", site.toString());
        }
        return JsonClient.send(request).body().at("/results/0/code").asString("");
    }
}
