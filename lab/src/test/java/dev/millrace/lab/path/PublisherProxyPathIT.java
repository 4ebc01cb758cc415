package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.lab.path.Api.Answer;
import dev.millrace.lab.proxy.PublisherProxy;
import dev.millrace.lab.proxy.Site;
import dev.millrace.lab.stack.Instance;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a page that the publisher's nginx serves to the creator's balance, without a script: the real stack behind the real proxy. */
class PublisherProxyPathIT {
    private static final int READERS = 100;
    private static final int VIEW = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    private static Path home;

    private static WholePath path;
    private static Site site;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(PublisherProxy.isInstalled(), "nginx with Lua is not installed");
        path = new WholePath("publisher-proxy", Duration.ofSeconds(3));
        Answer made = path.api().admin("/v1/admin/publishers", "{\"publisher\":\"paper\"}");
        assertThat(made.status()).isEqualTo(201);
        var key = path.api().admin("/v1/admin/publishers/paper/keys", "").json();
        site = new Site(
                home,
                path.ingestPort(),
                Map.of(
                        "MILLRACE_KID", key.get("kid").asString(),
                        "MILLRACE_SECRET", key.get("secret").asString(),
                        "MILLRACE_QUEUE", "120"));
    }

    @AfterAll
    static void stop() throws IOException {
        if (site != null) {
            site.close();
        }
        if (path != null) {
            path.close();
        }
    }

    /** A reload in the half hour is no second view; a robot is none at all. */
    @Test
    void aHundredReadersAreAHundredViewsAndPaidOnce() {
        Awaitility.await() // no two views of a reader on both sides of a full half hour
                .atMost(Duration.ofMinutes(3))
                .until(() -> System.currentTimeMillis() / 1_000 % 1_800 < 1_700);
        long accepted = site.count("accepted_total");
        open("/c-hundred/a", READERS);
        awaitCount("accepted_total", accepted + READERS);
        open("/c-hundred/a", READERS);
        IntStream.range(0, 50)
                .forEach(i -> site.send(
                        "GET",
                        "/c-hundred/robot",
                        "127.1.5." + i,
                        "Googlebot/2.1 (+http://www.google.com/bot.html)",
                        ""));
        awaitCount("duplicate_total", READERS);
        assertThat(site.count("accepted_total")).isEqualTo(accepted + READERS);
        assertThat(site.counts("rejected_total", "filtered_total", "queue")).containsExactly(0L, 0L, 0L);
        assertThat(site.count("robots_total")).isEqualTo(50);
        path.awaitSettled("c-hundred", READERS * VIEW);
        path.assertIdentities();
    }

    /** What the queue holds counts later. */
    @Test
    void whileIngestIsDownPagesAreServedAndWhatTheQueueHoldsCountsLater() {
        long accepted = site.count("accepted_total");
        path.stack().service(Instance.ingest(1)).kill();
        open("/c-later/a", 150);
        assertThat(site.open("/v1/pixel.gif?t=x", "127.1.0.1").body()).hasSize(43);
        assertThat(site.send("POST", "/v1/events", "127.1.0.1", Site.CHROME, "{}")
                        .header("Retry-After"))
                .isEqualTo("2");
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(site.counts("queue", "full_total")).containsExactly(120L, 30L));
        path.stack().launch(Instance.ingest(1));
        path.stack().awaitReady(Instance.ingest(1));
        awaitCount("accepted_total", accepted + 120);
        open("/c-later/b", 1);
        awaitCount("accepted_total", accepted + 121);
        path.awaitSettled("c-later", 121 * VIEW);
    }

    private static void open(String page, int readers) {
        for (int reader = 1; reader <= readers; reader++) {
            assertThat(site.open(page, "127.1.3." + reader).status()).isEqualTo(200);
        }
    }

    private static void awaitCount(String name, long count) {
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(site.count(name)).isEqualTo(count));
    }
}
