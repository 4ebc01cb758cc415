package dev.millrace.local.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessLogLineTest {
    private static final String REST = "01/Jan/2026:00:00:00 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"agent\"";

    @Test
    void readsEveryFieldThatCounts() {
        assertThat(
                        AccessLogLine.parse(
                                "83.149.9.216 - - [17/May/2015:10:05:03 +0200] \"GET /a/b.html?x=1 HTTP/1.1\" 200 203023 \"http://example.org/?q\" \"Mozilla/5.0 (X; Y)\""))
                .contains(new AccessLogLine(
                        "83.149.9.216",
                        Instant.parse("2015-05-17T08:05:03Z"),
                        "GET",
                        "/a/b.html",
                        200,
                        "Mozilla/5.0 (X; Y)"));
    }

    @Test
    void keepsEscapesAndEscapedQuotes() {
        AccessLogLine entry = AccessLogLine.parse(
                        "::1 - - [01/Jan/2026:00:00:00 +0000] \"GET /say\\\"hi\\\"\\\\ HTTP/2.0\" 304 - \"-\" \"the \\\"agent\\\" \\x16\"")
                .orElseThrow();
        assertThat(entry.article()).isEqualTo("/say%22hi%22%5C");
        assertThat(entry.agent()).isEqualTo("the \\\"agent\\\" \\x16");
    }

    @Test
    void takesUsersWithSpacesPathsWithSpacesAndFurtherFields() {
        AccessLogLine entry = AccessLogLine.parse(
                        "h - Jane Doe [01/Jan/2026:00:00:00 +0000] \"GET /a b HTTP/1.0\" 200 0 \"\" \"\" \"extra\" 0.003")
                .orElseThrow();
        assertThat(entry.article()).isEqualTo("/a%20b");
        assertThat(entry.agent()).isEqualTo("-");
    }

    @Test
    void aRequestThatIsNoneIsReadableButHasNoMethod() {
        for (String request : new String[] {"-", "", "\\x16\\x03\\x01"}) {
            AccessLogLine entry = AccessLogLine.parse(
                            "h - - [01/Jan/2026:00:00:00 +0000] \"" + request + "\" 408 - \"-\" \"-\"")
                    .orElseThrow();
            assertThat(entry.method()).isEmpty();
        }
    }

    @Test
    void aRequestWithoutProtocolIsTakenAsHttp09() {
        AccessLogLine entry = AccessLogLine.parse("h - - [01/Jan/2026:00:00:00 +0000] \"GET /old\" 200 1 \"-\" \"-\"")
                .orElseThrow();
        assertThat(entry.method() + entry.article()).isEqualTo("GET/old");
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
        assertThat(AccessLogLine.parse(line)).isEqualTo(Optional.empty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "203.0.113.1 - - [",
                "2001:db8::7 - - [",
                "::ffff:203.0.113.1 - - [",
                "fe80::1%eth0 - - [",
                "client-7.example.org - - [",
                "localhost. - - [",
                "203.0.113.1 - jane@example.org [",
                "203.0.113.1 - John Q. Public [",
                "203.0.113.1 jdoe jane [",
                "203.0.113.1 -  -  [",
                "203.0.113.1 - \"\" [",
            })
    void aReaderIsAnAddressOrAHostNameAtTheBeginning(String reader) {
        AccessLogLine entry = AccessLogLine.parse(reader + REST).orElseThrow();
        assertThat(entry.address()).isEqualTo(reader.substring(0, reader.indexOf(' ')));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "news.example:443 ",
                "news.example ",
                "[pod/web-7d9f/nginx] ",
                "web-7d9f ",
                "web-7d9f - ",
                "nginx: ",
                "nginx:",
                "web1|",
                "web1-",
                "web1 nginx[12]: ",
                "Nov 29 10:00:01 web1 nginx: ",
                "<134>1 2026-11-29T10:00:01.000Z web1 nginx 12 - - ",
                "2026-11-29T10:00:01.123456789Z stdout F ",
                "2026-11-29 10:00:01 ",
                "2026-11-29 ",
                "10:00:01 ",
                "1795945201.123 ",
                "1795945201 ",
                "[29/Nov/2026:10:00:01 +0000] ",
                "198.51.100.7 ",
                "198.51.100.7, ",
                "198.51.100.7 - ",
                "2001:db8::7 ",
                "- ",
                " ",
                "\"",
                "{\"log\":\"",
                "access.log:17:",
                "access.log-",
                "\u00e9",
                "\u0000",
            })
    void withAnythingInFrontOfTheReaderALineIsUnreadable(String prefix) {
        for (String reader : new String[] {"203.0.113.1 - - [", "2001:db8::9 - - [", "203.0.113.1 - jane doe ["}) {
            assertThat(AccessLogLine.parse(prefix + reader + REST)).isEqualTo(Optional.empty());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "203.0.113.1:51234 - - [",
                "[2001:db8::7] - - [",
                "256.0.113.1 - - [",
                "203.0.113 - - [",
                "10:00:01 - - [",
                "unix: - - [",
                "news.example 203.0.113.1 - [",
                "news.example - 203.0.113.1 [",
                "news.example - 2001:db8::7 jane [",
            })
    void whatIsNoReaderMakesALineUnreadable(String reader) {
        assertThat(AccessLogLine.parse(reader + REST)).isEqualTo(Optional.empty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\t", "\u0001", "\u007f"})
    void aControlCharacterIsNoneThatAServerWrites(String control) {
        assertThat(AccessLogLine.parse("h - - [" + REST.replace("/a ", "/a" + control + " ")))
                .isEqualTo(Optional.empty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/2", "HTTP/3.0", "HTTP/3"})
    void everyVersionOfHttpIsOne(String protocol) {
        AccessLogLine entry = AccessLogLine.parse("h - - [" + REST.replace("HTTP/1.1", protocol))
                .orElseThrow();
        assertThat(entry.article()).isEqualTo("/a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a", "\\", "\\x16", "\"", " ", ".", "1.", ":", "%41", "%C3%A9", "/..", "../", ";", "[", " [", "] ",
                "\u00e9"
            })
    void aLongLineTakesNeitherTheStackNorTime(String text) {
        String much = text.repeat(64 * 1024 / text.length());
        String line = "h - - [" + REST;
        for (String place : new String[] {"h", "- -", "01/Jan", "/a", "agent", "GET"}) {
            assertThatCode(() -> AccessLogLine.parse(line.replaceFirst(place, Matcher.quoteReplacement(much))))
                    .doesNotThrowAnyException();
        }
        assertThatCode(() -> AccessLogLine.parse(much)).doesNotThrowAnyException();
        assertThatCode(() -> AccessLogLine.parse(line.replace("/a", "/a" + much)))
                .doesNotThrowAnyException();
    }
}
