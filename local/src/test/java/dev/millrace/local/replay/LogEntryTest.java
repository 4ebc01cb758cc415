package dev.millrace.local.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogEntryTest {
    @Test
    void readsEveryFieldThatCounts() {
        assertThat(
                        LogEntry.parse(
                                "83.149.9.216 - - [17/May/2015:10:05:03 +0200] \"GET /a/b.html?x=1 HTTP/1.1\" 200 203023 \"http://example.org/?q\" \"Mozilla/5.0 (X; Y)\""))
                .contains(new LogEntry(
                        "83.149.9.216",
                        Instant.parse("2015-05-17T08:05:03Z"),
                        "GET",
                        "/a/b.html",
                        200,
                        "Mozilla/5.0 (X; Y)"));
    }

    @Test
    void keepsEscapesAndEscapedQuotes() {
        LogEntry entry = LogEntry.parse(
                        "::1 - - [01/Jan/2026:00:00:00 +0000] \"GET /say\\\"hi\\\"\\\\ HTTP/2.0\" 304 - \"-\" \"the \\\"agent\\\" \\x16\"")
                .orElseThrow();
        assertThat(entry.path()).isEqualTo("/say\\\"hi\\\"\\\\");
        assertThat(entry.agent()).isEqualTo("the \\\"agent\\\" \\x16");
    }

    @Test
    void takesUsersWithSpacesPathsWithSpacesAndFurtherFields() {
        LogEntry entry = LogEntry.parse(
                        "h - Jane Doe [01/Jan/2026:00:00:00 +0000] \"GET /a b HTTP/1.0\" 200 0 \"\" \"\" \"extra\" 0.003")
                .orElseThrow();
        assertThat(entry.path()).isEqualTo("/a b");
        assertThat(entry.agent()).isEqualTo("-");
    }

    @Test
    void aRequestThatIsNoneIsReadableButHasNoMethod() {
        for (String request : new String[] {"-", "", "\\x16\\x03\\x01"}) {
            LogEntry entry = LogEntry.parse("h - - [01/Jan/2026:00:00:00 +0000] \"" + request + "\" 408 - \"-\" \"-\"")
                    .orElseThrow();
            assertThat(entry.method()).isEmpty();
        }
    }

    @Test
    void aRequestWithoutProtocolIsTakenAsHttp09() {
        LogEntry entry = LogEntry.parse("h - - [01/Jan/2026:00:00:00 +0000] \"GET /old\" 200 1 \"-\" \"-\"")
                .orElseThrow();
        assertThat(entry.method() + entry.path()).isEqualTo("GET/old");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   ",
                "garbage",
                "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
                "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\"",
                "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"cut of",
                "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"cut off\\\"",
                "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 20 1 \"-\" \"-\"",
                "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 2000 1 \"-\" \"-\"",
                "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 x \"-\" \"-\"",
                "h - - [31/Feb/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"",
                "h - - [01/Mai/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"",
                "h - - [01/Jan/2026:00:00:00] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"",
                "h - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"",
                " - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"",
                "h - - [01/Jan/2026:00:00:00 +0000] GET / HTTP/1.1 200 1 \"-\" \"-\"",
                "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\"200 1 \"-\" \"-\"",
            })
    void anythingElseIsUnreadable(String line) {
        assertThat(LogEntry.parse(line)).isEqualTo(Optional.empty());
    }
}
