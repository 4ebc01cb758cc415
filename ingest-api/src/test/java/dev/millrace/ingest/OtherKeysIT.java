package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.MasterKey;
import dev.millrace.counters.CatalogStore;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes whose keys are others, and catalogues that ledger-service has not signed. */
class OtherKeysIT {
    private static final String OTHER_KEY = "another key of more than 32 characters, 0123456789";

    private OpenCounters counters;
    private RunningIngest ingest;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(RealServers.redisUrl());
    }

    @AfterEach
    void stop() {
        ingest.close();
        counters.close();
    }

    /** Under another key every event is a new one. */
    @Test
    void aNodeWithAnotherIdentityKeyIsNotReadyAndCountsNothing() {
        String counted = views("counted");
        assertThat(ingest.post(counted).count("accepted")).isEqualTo(50);
        try (RunningIngest other =
                RunningIngest.unready(RealServers.redisUrl(), "--millrace.identity-key=" + OTHER_KEY)) {
            Await.unready(other, "MILLRACE_IDENTITY_KEY");
            for (String events : new String[] {counted, views("new")}) {
                Answer refused = other.post(events);
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.detail()).contains("MILLRACE_IDENTITY_KEY").doesNotContain(OTHER_KEY);
            }
        }
        assertThat(earned()).isEqualTo(50_000);
    }

    /** Its publishers' tokens are good ones: 422 would be final. */
    @Test
    void aNodeWithAnotherMasterKeyIsNotReadyAndRefusesNothingForGood() {
        try (RunningIngest other =
                RunningIngest.unready(RealServers.redisUrl(), "--millrace.master-key=" + OTHER_KEY)) {
            Await.unready(other, "MILLRACE_MASTER_KEY");
            Answer refused = other.post(views("good"));
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.detail()).contains("MILLRACE_MASTER_KEY").doesNotContain(OTHER_KEY);
        }
        assertThat(ingest.post(views("good")).count("accepted")).isEqualTo(50);
    }

    @Test
    void aForgedCatalogueIsNotTaken() {
        String signed = counters.redis().get(CatalogStore.TEXT);
        String forged = signed.replace("1000", "9000")
                .replaceFirst("^v1 1 ", "v1 2 ")
                .replace("\"revision\":1", "\"revision\":2");
        assertThat(forged).isNotEqualTo(signed);
        set(forged, "2");
        Await.unready(ingest, "does not have the signature of ledger-service");
        assertRefusedUntilPublished("does not have the signature", 3);
    }

    @Test
    void aCatalogueUnderAnotherMasterKeyIsNotTaken() {
        Catalog next = new Catalog(2, OpenCounters.CATALOG.publishers(), OpenCounters.CATALOG.cards());
        set(SignedCatalog.sign(next, MasterKey.of(OTHER_KEY)), "2");
        Await.unready(ingest, "MILLRACE_MASTER_KEY");
        assertRefusedUntilPublished("MILLRACE_MASTER_KEY", 3);
    }

    /** In it a key that is revoked by now is live. */
    @Test
    void anOlderCatalogueIsNotTakenThoughItWasSignedOnce() {
        String older = counters.redis().get(CatalogStore.TEXT);
        Catalog next = new Catalog(2, OpenCounters.CATALOG.publishers(), OpenCounters.CATALOG.cards());
        counters.publish(next);
        Await.until(
                () -> ingest.get("/actuator/health/readiness").body(), body -> body.contains("\"catalogRevision\":2"));
        set(older, "1");
        Await.unready(ingest, "Redis holds revision 1 of the catalogue, after this node has seen revision 2");
        assertRefusedUntilPublished("revision 1", 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "", "{}", "v1 2 0000000000000000 00\n{}"})
    void aCatalogueThatIsNoneIsToBeSentAgain(String text) {
        set(text, "2");
        Await.unready(ingest, "no signed catalogue");
        assertRefusedUntilPublished("no signed catalogue", 3);
    }

    @Test
    void withoutACatalogueEventsAreToBeSentAgain() {
        counters.redis().del(CatalogStore.TEXT, CatalogStore.REVISION);
        Await.unready(ingest, "no catalogue is published yet");
        assertRefusedUntilPublished("no catalogue is published yet", 3);
    }

    /** What it knew holds for two seconds more; afterwards nothing is judged by it. */
    private void assertRefusedUntilPublished(String why, long revision) {
        Answer refused = Await.until(() -> ingest.post(views("meanwhile")), answer -> answer.status() != 202);
        assertThat(refused.status()).as(refused.body()).isEqualTo(503);
        assertThat(refused.detail()).contains(why);
        assertThat(earned()).as("at the price that was signed").isIn(0L, 50_000L);
        counters.publish(new Catalog(revision, OpenCounters.CATALOG.publishers(), OpenCounters.CATALOG.cards()));
        ingest.awaitReady();
        Await.taken(ingest, views("meanwhile"));
        assertThat(earned()).isEqualTo(50_000);
    }

    private void set(String text, String revision) {
        counters.redis().set(CatalogStore.TEXT, text);
        counters.redis().set(CatalogStore.REVISION, revision);
    }

    private long earned() {
        return counters.earned(1, "c-1");
    }

    private String views(String name) {
        long now = counters.second();
        return IntStream.range(0, 50)
                .mapToObj(i -> Tokens.view("c-1", name + "-" + i, now, now + 3_600))
                .collect(Collectors.joining("\n"));
    }
}
