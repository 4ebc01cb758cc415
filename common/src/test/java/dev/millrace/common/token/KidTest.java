package dev.millrace.common.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KidTest {

    @Test
    void aKidIsPublisherAndNumber() {
        assertThat(Kid.parse("the-daily-42.7")).contains(new Kid("the-daily-42", 7));
        assertThat(new Kid("demo", 999_999_999)).hasToString("demo.999999999");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "demo",
                "demo.",
                "demo.0",
                "demo.01",
                "demo.-1",
                ".1",
                "Demo.1",
                "de mo.1",
                "demo.1.2",
                "demo.1 ",
                "demo.9999999999",
                "a23456789012345678901234567890123.1",
                "d\u00e9mo.1",
                "demo.\u0661"
            })
    void anythingElseIsNone(String text) {
        assertThat(Kid.parse(text)).isEmpty();
    }

    @Test
    void aBadPublisherIsNamed() {
        assertThatThrownBy(() -> new Kid("Demo", 1))
                .hasMessage("publisher id 'Demo' is not of the form [a-z0-9-]{1,32}");
        assertThatThrownBy(() -> new Kid("demo", 0)).hasMessage("key number 0 is below 1");
    }
}
