package dev.millrace.local.publisher;

import dev.millrace.common.key.PublisherKeys;
import dev.millrace.common.token.Kid;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.net.http.HttpClient;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Gives publishers of the running local stack, creating them where they are missing. */
public final class Publishers {
    private final LedgerAdmin ledger;
    private final IngestProbe ingest;
    private final PublisherKeys keys;

    public Publishers(LocalSettings settings, Clock clock) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .build();
        this.ledger =
                new LedgerAdmin(client, settings.address(Part.LEDGER), new BearerMint(settings.bearerSecret()), clock);
        this.ingest = new IngestProbe(client, settings.address(Part.INGEST), clock);
        this.keys = new PublisherKeys(settings.masterKey());
    }

    /**
     * A key that signs.
     *
     * @param kid its name
     * @param secret the HMAC key's characters
     */
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
        Kid kid = newestLive(publisher).orElseGet(() -> create(publisher));
        SigningKey key = new SigningKey(kid, keys.secret(kid));
        ingest.await(key.kid(), key.secret());
        return key;
    }

    private Optional<Kid> newestLive(String publisher) {
        LedgerAdmin.Answer answer = ledger.get(keysOf(publisher));
        if (answer.status() == 404) {
            createPublisher(publisher);
            return Optional.empty();
        }
        if (answer.status() != 200) {
            throw ledger.unexpected("listing the keys of " + publisher, answer);
        }
        Optional<Kid> newest = Optional.empty();
        for (JsonNode key : answer.body().path("keys")) {
            Optional<Kid> kid = Kid.parse(key.path("kid").asString(""));
            boolean live =
                    key.path("revokedAt").isNull() || key.path("revokedAt").isMissingNode();
            if (live
                    && kid.isPresent()
                    && (newest.isEmpty() || kid.get().number() > newest.get().number())) {
                newest = kid;
            }
        }
        return newest;
    }

    private void createPublisher(String publisher) {
        LedgerAdmin.Answer answer = ledger.post("/v1/admin/publishers", "publisher", publisher);
        boolean thereNow = answer.status() == 201 || answer.status() == 409;
        if (!thereNow) {
            throw ledger.unexpected("creating the publisher " + publisher, answer);
        }
    }

    private Kid create(String publisher) {
        LedgerAdmin.Answer answer = ledger.post(keysOf(publisher));
        if (answer.status() != 201) {
            throw ledger.unexpected("creating a key of " + publisher, answer);
        }
        Kid kid = Kid.parse(answer.body().path("kid").asString(""))
                .orElseThrow(() -> ledger.unexpected("creating a key of " + publisher, answer));
        if (!answer.body().path("secret").asString("").equals(keys.secret(kid))) {
            throw CommandException.failed("the running stack derives another secret for " + kid
                    + ": MILLRACE_MASTER_KEY must be set here as it is there");
        }
        return kid;
    }

    private static String keysOf(String publisher) {
        return "/v1/admin/publishers/" + publisher + "/keys";
    }
}
