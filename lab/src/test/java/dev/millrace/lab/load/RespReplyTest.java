package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RespReplyTest {
    private static final String TWO = "$4\r\n1000\r\n$1\r\n7\r\n";

    @Test
    void allRepliesOfAPipelineAreCountedHoweverTheyAreCutIntoPieces() throws IOException {
        RespReply reply = new RespReply(_ -> 2);
        for (int cut = 1; cut < TWO.length(); cut++) {
            reply.begin(0);
            assertThat(reply.read(bytes(TWO.substring(0, cut)))).isFalse();
            assertThat(reply.read(bytes(TWO.substring(cut))))
                    .as("cut at %d", cut)
                    .isTrue();
        }
    }

    @Test
    void theLastPipelineMayBeShorter() throws IOException {
        RespReply reply = new RespReply(request -> request == 0 ? 2 : 1);
        reply.begin(0);
        assertThat(reply.read(bytes("$1\r\n1\r\n"))).isFalse();
        assertThat(reply.read(bytes("$1\r\n2\r\n"))).isTrue();
        reply.begin(1);
        assertThat(reply.read(bytes("$1\r\n3\r\n"))).isTrue();
    }

    @Test
    void anErrorOfRedisIsToldInItsWords() {
        RespReply reply = new RespReply(_ -> 1);
        reply.begin(0);
        assertThatThrownBy(() -> reply.read(bytes("-OOM command not allowed\r\n")))
                .hasMessage("redis answered 'OOM command not allowed'");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
