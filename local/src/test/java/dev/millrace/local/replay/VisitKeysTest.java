package dev.millrace.local.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class VisitKeysTest {
    private static final LogEntry ENTRY = entry("1.2.3.4", "2015-05-17T10:05:03Z", "/a", "agent");

    private final VisitKeys keys = new VisitKeys("secret");

    @Test
    void isTheHmacOfTheVisit() {
        // printf '1.2.3.4\nagent\n/a\n795476' | openssl dgst -sha256 -hmac secret -binary | basenc --base64url | cut
        // -c1-32
        assertThat(keys.jti(ENTRY)).isEqualTo("OwemyueFeKKHE910lZctRS49TIEAuYSZ");
    }

    @Test
    void isTheSameThroughoutHalfAnHour() {
        assertThat(keys.jti(entry("1.2.3.4", "2015-05-17T10:00:00Z", "/a", "agent")))
                .isEqualTo(keys.jti(ENTRY));
        assertThat(keys.jti(entry("1.2.3.4", "2015-05-17T10:29:59Z", "/a", "agent")))
                .isEqualTo(keys.jti(ENTRY));
        assertThat(keys.jti(entry("1.2.3.4", "2015-05-17T10:30:00Z", "/a", "agent")))
                .isNotEqualTo(keys.jti(ENTRY));
    }

    @Test
    void differsByVisitorArticleAndPublisher() {
        assertThat(keys.jti(entry("1.2.3.5", "2015-05-17T10:05:03Z", "/a", "agent")))
                .isNotEqualTo(keys.jti(ENTRY));
        assertThat(keys.jti(entry("1.2.3.4", "2015-05-17T10:05:03Z", "/b", "agent")))
                .isNotEqualTo(keys.jti(ENTRY));
        assertThat(keys.jti(entry("1.2.3.4", "2015-05-17T10:05:03Z", "/a", "other")))
                .isNotEqualTo(keys.jti(ENTRY));
        assertThat(new VisitKeys("other").jti(ENTRY)).isNotEqualTo(keys.jti(ENTRY));
    }

    private static LogEntry entry(String address, String time, String path, String agent) {
        return new LogEntry(address, Instant.parse(time), "GET", path, 200, agent);
    }
}
