package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class PostTest {
    private final Deviations deviations = new Deviations(10);
    private final Post post = new Post(List.of(), deviations);

    @Test
    void onlyAnAnswerThatCoversEveryEventAcknowledges() {
        assertThat(post.conclude(3, 0, 202, answer(2, 1, 0))).isTrue();
        assertThat(post.conclude(3, 2, 202, answer(1, 0, 0).put("filtered", 2))).isTrue();
        assertThat(deviations.count()).isZero();
        assertThat(post.conclude(3, 0, 202, answer(2, 0, 0))).isFalse();
        assertThat(post.conclude(3, 1, 202, answer(3, 0, 0)))
                .as("a robot is paid")
                .isFalse();
        assertThat(post.conclude(3, 0, 202, answer(2, 0, 0).put("filtered", 1)))
                .as("a reader is not")
                .isFalse();
        assertThat(post.conclude(4, 0, 202, answer(2, 1, 1))).isFalse();
        assertThat(post.conclude(3, 0, 422, answer(2, 1, 0))).isFalse();
        assertThat(deviations.count()).isEqualTo(5);
        assertThat(post.verdicts.asMap())
                .containsOnly(
                        entry("accepted", 14L), entry("duplicate", 3L), entry("filtered", 3L), entry("rejected", 1L));
    }

    @Test
    void aRejectionIsNamedWithItsCodeAndDetail() {
        String body = "{\"accepted\":0,\"duplicate\":0,\"rejected\":1,\"results\":[{\"status\":\"rejected\","
                + "\"code\":\"token-expired\",\"detail\":\"too late\"}]}";
        assertThat(post.conclude(1, 0, 202, JsonMapper.shared().readTree(body))).isFalse();
        assertThat(deviations.first())
                .extracting(Deviations.Deviation::found)
                .containsExactly("202 {\"status\":\"rejected\",\"code\":\"token-expired\",\"detail\":\"too late\"}");
    }

    private static ObjectNode answer(int accepted, int duplicate, int rejected) {
        return JsonMapper.shared()
                .createObjectNode()
                .put("accepted", accepted)
                .put("duplicate", duplicate)
                .put("rejected", rejected);
    }
}
