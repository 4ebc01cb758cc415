package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    void readsEveryKindOfValue() {
        assertThat(Json.parse(" {\"a\" : [1, -2.5, 1e3, true, false, null, \"x\"], \"b\":{}, \"c\":[]} "))
                .isEqualTo(Map.of(
                        "a", Arrays.asList(1L, -2.5, 1000.0, true, false, null, "x"), "b", Map.of(), "c", List.of()));
        assertThat(Json.parse("\"\\u00e9\\ud83d\\ude80\\n\\\"\\\\\\/\"")).isEqualTo("\u00e9\ud83d\ude80\n\"\\/");
        assertThat(Json.parse("123456789012345678901")).isEqualTo(Double.parseDouble("123456789012345678901"));
    }

    @Test
    void readsWhatItWrites() {
        String all = "\"\\/\n\t\u0000\u001f\u007f\u00e9\ud83d\ude80";
        assertThat(Json.parse(Json.quoted(all))).isEqualTo(all);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "{", "[", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "\"a", "\"\\", "\"\\x\"",
                "\"\\u12\"", "\"\\u+123\"", "\"a\nb\"", "tru", "nul", "01", "1.", ".5", "+1", "1 2", "--1", "1e9999",
                        "[]]",
                "\ufeff{}"
            })
    void refusesAnythingElse(String text) {
        assertThatThrownBy(() -> Json.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no JSON at character ");
    }

    @Test
    void isNotDeeperThanItsStack() {
        assertThatThrownBy(() -> Json.parse("[".repeat(100_000))).isInstanceOf(IllegalArgumentException.class);
    }
}
