package dev.millrace.ingest.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Kid;
import org.junit.jupiter.api.Test;

class KnownHeadersTest {
    private static final Kid DEMO = new Kid("demo", 1);
    private static final Kid OTHER = new Kid("other", 1);

    private final KnownHeaders headers = new KnownHeaders();

    @Test
    void aKidHasAFewPlacesAndTakesNoneOfAnothers() {
        for (int i = 0; i < 100; i++) {
            headers.remember(Slice.of("header" + i), DEMO);
        }
        headers.remember(Slice.of("another"), OTHER);
        assertThat(headers.kid(Slice.of("header0"))).isEqualTo(DEMO);
        assertThat(headers.kid(Slice.of("header3"))).isEqualTo(DEMO);
        assertThat(headers.kid(Slice.of("header4"))).isNull();
        assertThat(headers.kid(Slice.of("another"))).isEqualTo(OTHER);
    }

    @Test
    void theSameHeaderTakesOnePlace() {
        for (int i = 0; i < 10; i++) {
            headers.remember(Slice.of("usual"), DEMO);
        }
        headers.remember(Slice.of("new"), DEMO);
        assertThat(headers.kid(Slice.of("new"))).isEqualTo(DEMO);
    }

    @Test
    void aLongHeaderIsNotKept() {
        String longest = "h".repeat(256);
        headers.remember(Slice.of(longest + "h"), DEMO);
        headers.remember(Slice.of(longest), DEMO);
        assertThat(headers.kid(Slice.of(longest + "h"))).isNull();
        assertThat(headers.kid(Slice.of(longest))).isEqualTo(DEMO);
    }
}
