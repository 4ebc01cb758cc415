package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.LogPages;
import dev.millrace.counters.LogPosition;
import dev.millrace.counters.Partition;
import dev.millrace.counters.TallyReply;
import dev.millrace.counters.TallyScript;
import dev.millrace.counters.TallySection;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node whose memory for identities is small. */
class IndexMemoryIT {
    /** A hash set of more than 49,152 takes 1 MiB. */
    private static final int MORE_THAN_A_MEBIBYTE = 14 * TallySection.MOST_EVENTS;

    private static final String CREATOR = "c-1";

    private OpenCounters counters;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
    }

    @AfterEach
    void stop() {
        counters.close();
    }

    @Test
    void whereTheIndexIsFullTheLongClassIsRefusedFirstAndTheShortOneStillCounts() {
        try (RunningIngest ingest = new RunningIngest(RealServers.redisUrl(), "--millrace.index-memory=1MB")) {
            theLongClassIsRefusedFirst(ingest);
        }
    }

    private void theLongClassIsRefusedFirst(RunningIngest ingest) {
        assertThat(ingest.post(event("first", "reaction\",\"key\":\"like")).count("accepted"))
                .isEqualTo(1);
        count(Retention.LONG);
        Await.until(
                () -> ingest.metric("millrace_index_bytes{class=\"long\"}"),
                bytes -> bytes >= ingest.metric("millrace_index_limit_bytes"));
        Answer refused = Await.until(
                () -> ingest.post(event("second", "reaction\",\"key\":\"like")), answer -> answer.status() == 503);
        assertThat(refused.detail()).contains("MILLRACE_INDEX_MEMORY, 1 MiB").contains("of the long class");
        assertThat(ingest.post(event("third", "view")).count("accepted")).isEqualTo(1);

        count(Retention.SHORT);
        Answer both = Await.until(() -> ingest.post(event("fourth", "view")), answer -> answer.status() == 503);
        assertThat(both.detail()).contains("of the short class");
    }

    @Test
    void aNodeIsReadyOnlyAfterItHasReadTheLogs() {
        count(Retention.SHORT);
        count(Retention.LONG);
        try (RunningIngest ingest = new RunningIngest(RealServers.redisUrl())) {
            assertThat(ingest.metric("millrace_index_identities")).isEqualTo(2 * MORE_THAN_A_MEBIBYTE);
            assertThat(ingest.metric("millrace_index_bytes{class=\"long\"}")).isPositive();
            assertThat(ingest.metric("millrace_index_bytes{class=\"short\"}")).isPositive();
        }
    }

    /** As another node would: identities of events that nobody here has seen. */
    private void count(Retention retention) {
        Partition partition = Partition.of(CREATOR);
        TallyScript script = new TallyScript(
                IdentityKey.of(IdentityKey.LOCAL).fingerprint(), Duration.ofHours(1), 0, Duration.ofSeconds(60));
        LogPages pages = new LogPages(Integer.MAX_VALUE, Integer.MAX_VALUE);
        LogPages.Page page = pages.read(counters.link(partition), partition, LogPosition.NONE, LogPosition.NONE);
        LogPosition position = (retention == Retention.LONG ? page.longLog() : page.shortLog()).position();
        Random identities = new Random(retention == Retention.LONG ? 1 : 2);
        long now = counters.second();
        EngagementName name = new EngagementName("demo", CREATOR, "/a", EventType.VIEW, 1);
        for (int i = 0; i < MORE_THAN_A_MEBIBYTE; i += TallySection.MOST_EVENTS) {
            TallySection section = new TallySection(partition, retention, TallySection.MOST_EVENTS);
            for (int event = 0; event < TallySection.MOST_EVENTS; event++) {
                section.add(identities.nextLong(), name, 1, 1_000, now, now + 3_600, now - 60);
            }
            TallyScript.Reply reply = script.count(
                            counters.link(partition), List.of(new TallyScript.Part(section, position, 1)))
                    .join();
            position = ((TallyReply.Counted) reply.sections().getFirst()).position();
        }
    }

    private String event(String jti, String type) {
        long now = counters.second();
        return Tokens.view(CREATOR, jti, now, now + 3_600).replace("\"view\"", "\"" + type + "\"");
    }
}
