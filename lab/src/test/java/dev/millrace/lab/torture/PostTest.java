package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PostTest {
    @Test
    void onlyAnAnswerThatCoversEveryEventAcknowledges() {
        assertThat(answer(202, 2, 1, 0).acknowledges(3)).isTrue();
        assertThat(answer(202, 2, 0, 0).acknowledges(3)).isFalse();
        assertThat(answer(202, 2, 1, 1).acknowledges(4)).isFalse();
        assertThat(answer(200, 2, 1, 0).acknowledges(3)).isFalse();
    }

    @Test
    void aRejectionIsNamedWithItsCodeAndDetail() {
        String body = "{\"accepted\":0,\"duplicate\":0,\"rejected\":1,\"results\":[{\"status\":\"rejected\","
                + "\"code\":\"token-expired\",\"detail\":\"too late\"}]}";
        assertThat(new Post.Answer(202, 0, 0, 1, 0, body).complaint())
                .isEqualTo("\"code\":\"token-expired\",\"detail\":\"too late\"");
    }

    private static Post.Answer answer(int status, long accepted, long duplicate, long rejected) {
        return new Post.Answer(status, accepted, duplicate, rejected, 0, "");
    }
}
