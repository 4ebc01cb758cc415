package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.testing.RealServers;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code publish.lua}. */
class CatalogStoreIT extends OnRedis {
    @BeforeEach
    void flush() {
        RealServers.flushRedis();
    }

    private static Link link() {
        return redis.connections().catalog().orElseThrow();
    }

    private static Optional<String> revision() {
        return link().await(CatalogStore.revision(link()));
    }

    @Test
    void aTextIsPublishedWithItsRevision() {
        assertThat(CatalogStore.textNow(link())).isEmpty();
        assertThat(revision()).isEmpty();
        assertThat(CatalogStore.publish(link(), null, "ä{1}", 1)).isTrue();
        assertThat(CatalogStore.textNow(link())).contains("ä{1}");
        assertThat(revision()).contains("1");
        assertThat(CatalogStore.publish(link(), "ä{1}", "{2}", 9_007_199_254_740_993L))
                .isTrue();
        assertThat(CatalogStore.textNow(link())).contains("{2}");
        assertThat(revision()).contains("9007199254740993");
    }

    @Test
    void whoHasReadAnotherTextPublishesNothing() {
        CatalogStore.publish(link(), null, "{1}", 1);
        assertThat(CatalogStore.publish(link(), null, "{2}", 2)).isFalse();
        assertThat(CatalogStore.publish(link(), "{0}", "{2}", 2)).isFalse();
        assertThat(CatalogStore.textNow(link())).contains("{1}");
        assertThat(revision()).contains("1");
    }

    @Test
    void whatIsNoTextIsReplacedAsNone() {
        redis.plain().hset(CatalogStore.TEXT, "x", "y");
        redis.plain().hset(CatalogStore.REVISION, "x", "y");
        assertThat(CatalogStore.publish(link(), "{1}", "{2}", 2)).isFalse();
        assertThat(CatalogStore.publish(link(), null, "{2}", 2)).isTrue();
        assertThat(CatalogStore.textNow(link())).contains("{2}");
        assertThat(revision()).contains("2");
    }

    @Test
    void revokingWorksWithFullMemory() {
        redis.plain().configSet("maxmemory", "1");
        try {
            assertThat(CatalogStore.publish(link(), null, "{1}", 1)).isTrue();
        } finally {
            redis.plain().configSet("maxmemory", "0");
        }
    }
}
