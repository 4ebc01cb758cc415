package dev.millrace.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenSupplyTest {
    private final List<ByteBuffer> requests = IntStream.range(0, 4)
            .mapToObj(i -> ByteBuffer.wrap(new byte[] {(byte) i}))
            .toList();
    private final TokenSupply tokens = TokenSupply.fresh(requests);

    @Test
    void whatWasRefusedGoesOutAgainBeforeWhatNeverDid() {
        assertThat(tokens.take()).isZero();
        assertThat(tokens.take()).isEqualTo(1);
        tokens.refused(0);
        assertThat(tokens.take()).isZero();
        assertThat(tokens.take()).isEqualTo(2);
        assertThat(tokens.sent()).isEqualTo(3);
    }

    @Test
    void whatIsAcknowledgedNeverGoesOutAgain() {
        for (int i = 0; i < 4; i++) {
            tokens.acknowledged(tokens.take());
        }
        assertThat(tokens.isEmpty()).isTrue();
        assertThat(tokens.acknowledged()).isEqualTo(requests);
        assertThat(tokens.open()).isEmpty();
    }

    @Test
    void anyNumberOfRefusalsTakesNoMoreTokensThanAreUnderWay() {
        for (int arrival = 0; arrival < 1_000; arrival += 2) {
            int one = tokens.take();
            int other = tokens.take();
            tokens.refused(one);
            tokens.refused(other);
        }
        assertThat(tokens.sent()).isEqualTo(2);
    }

    @Test
    void whatWasSentAndNotAcknowledgedStaysOpenUntilItIs() {
        int acknowledged = tokens.take();
        int refused = tokens.take();
        int unanswered = tokens.take();
        tokens.acknowledged(acknowledged);
        tokens.refused(refused);
        assertThat(tokens.open()).containsExactly(requests.get(refused), requests.get(unanswered));
        tokens.close();
        assertThat(tokens.open()).isEmpty();
        assertThat(tokens.acknowledged()).isEqualTo(requests.subList(0, 3));
        assertThat(tokens.take()).as("what was refused is acknowledged by now").isEqualTo(3);
    }

    @Test
    void whatHasNoAnswerIsNotSentByAnotherArrival() {
        assertThat(tokens.take()).isZero();
        assertThat(IntStream.range(0, 3).map(_ -> tokens.take())).containsExactly(1, 2, 3);
        assertThat(tokens.isEmpty()).isTrue();
    }

    @Test
    void replaysNeverEndAndComeInTurns() {
        TokenSupply replays = TokenSupply.replays(requests.subList(0, 2));
        assertThat(IntStream.range(0, 5).map(_ -> replays.take())).containsExactly(0, 1, 0, 1, 0);
        assertThat(replays.isEmpty()).isFalse();
    }
}
