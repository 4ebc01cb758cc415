package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpReplyTest {
    private static final String WITH_LENGTH = "HTTP/1.1 202 \r\nContent-Length: 5\r\n\r\nhello";
    private static final String CHUNKED =
            "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";

    private final HttpReply reply = new HttpReply();

    @ParameterizedTest
    @ValueSource(strings = {WITH_LENGTH, CHUNKED})
    void aReplyIsUnderstoodHoweverItIsCutIntoPieces(String text) throws IOException {
        for (int cut = 1; cut < text.length(); cut++) {
            reply.begin(0);
            assertThat(reply.read(bytes(text.substring(0, cut)))).isFalse();
            assertThat(reply.read(bytes(text.substring(cut)))).isTrue();
            assertThat(reply.status()).isEqualTo(202);
            assertThat(reply.body()).isEqualTo("hello");
            assertThat(reply.closes()).isFalse();
        }
    }

    @Test
    void whatFollowsAReplyIsRefused() {
        reply.begin(0);
        assertThatThrownBy(() -> reply.read(bytes(WITH_LENGTH + "HTTP")))
                .hasMessage("the server sent 4 bytes more than its answer");
    }

    @Test
    void aRefusalTellsWhenToComeAgainAndThatTheConnectionCloses() throws IOException {
        reply.begin(0);
        assertThat(reply.read(
                        bytes("HTTP/1.1 503 \r\nretry-after: 2\r\nCONNECTION: Close\r\nContent-Length: 0\r\n\r\n")))
                .isTrue();
        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.retryAfter()).isEqualTo(2);
        assertThat(reply.closes()).isTrue();
        reply.begin(1);
        assertThat(reply.read(bytes(WITH_LENGTH))).isTrue();
        assertThat(reply.retryAfter()).isZero();
        assertThat(reply.closes()).isFalse();
    }

    @Test
    void noContentHasNoBody() throws IOException {
        reply.begin(0);
        assertThat(reply.read(bytes("HTTP/1.1 204 \r\n\r\n"))).isTrue();
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"HTTP/1.1 202 \r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 200 \r\nContent-Length: five\r\n\r\n"})
    void whatIsNoReplyIsRefused(String text) {
        reply.begin(0);
        assertThatThrownBy(() -> reply.read(bytes(text))).isInstanceOf(IOException.class);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
