package dev.millrace.ingest.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import dev.millrace.service.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;

class RequestBodyTest {
    private static final int KIB = 1_024;

    private final Semaphore budget = new Semaphore(64);

    @Test
    void bodiesShareABudgetAndGiveItBack() {
        try (RequestBody held = RequestBody.read(body(40 * KIB), budget, Ticker.systemTicker())) {
            assertThat(held.length()).isEqualTo(40 * KIB);
            assertThatThrownBy(() -> RequestBody.read(body(40 * KIB), budget, Ticker.systemTicker()))
                    .isInstanceOfSatisfying(ProblemException.class, r -> {
                        assertThat(r.getStatusCode().value()).isEqualTo(503);
                        assertThat(r.problem().code()).isEqualTo("overloaded");
                        assertThat(r.getHeaders().getFirst("Retry-After")).isEqualTo("1");
                    });
        }
        try (RequestBody later = RequestBody.read(body(64 * KIB), budget, Ticker.systemTicker())) {
            assertThat(later.length()).isEqualTo(64 * KIB);
        }
    }

    @Test
    void aSmallBodyTakesASmallPart() {
        List<RequestBody> held = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            held.add(RequestBody.read(body(10), budget, Ticker.systemTicker()));
        }
        assertThatThrownBy(() -> RequestBody.read(body(10), budget, Ticker.systemTicker()))
                .isInstanceOf(ProblemException.class);
        held.removeLast().close();
        held.add(RequestBody.read(body(10), budget, Ticker.systemTicker()));
        held.forEach(RequestBody::close);
    }

    @Test
    void whatIsRefusedHoldsNothing() {
        MockHttpServletRequest tooLarge = body(RequestBody.MOST_BYTES + 1);
        assertThatThrownBy(() -> RequestBody.read(tooLarge, new Semaphore(1_024), Ticker.systemTicker()))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        r -> assertThat(r.problem().code()).isEqualTo("body-too-large"));
        MockHttpServletRequest compressed = body(10);
        compressed.addHeader("Content-Encoding", "gzip");
        assertThatThrownBy(() -> RequestBody.read(compressed, budget, Ticker.systemTicker()))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        r -> assertThat(r.getStatusCode().value()).isEqualTo(415));
        try (RequestBody all = RequestBody.read(body(64 * KIB), budget, Ticker.systemTicker())) {
            assertThat(all.length()).isEqualTo(64 * KIB);
        }
    }

    @Test
    void whatIsNoUtf8IsMalformed() {
        MockHttpServletRequest latin = new MockHttpServletRequest();
        latin.setContent(new byte[] {'{', (byte) 0xE9, '}'});
        try (RequestBody body = RequestBody.read(latin, budget, Ticker.systemTicker())) {
            assertThatThrownBy(() -> EventParser.parse(body.bytes(), body.length()))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            r -> assertThat(r.problem().code()).isEqualTo("body-malformed"));
        }
    }

    private static MockHttpServletRequest body(int bytes) {
        MockHttpServletRequest request = new MockHttpServletRequest();
        request.setContent(" ".repeat(bytes).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        return request;
    }
}
