package dev.millrace.common.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FilterTest {
    @Test
    void theNamesAreThoseOfTheProtocol() {
        assertThat(Filter.values())
                .extracting(Filter::wireName)
                .containsExactly("robot", "preview", "prefetch", "automation", "datacenter", "rate", "self");
    }

    @Test
    void aFilterIsFoundByItsNameAndByNothingElse() {
        assertThat(Arrays.stream(Filter.values()).map(one -> Filter.named(one.wireName())))
                .extracting(one -> one.orElseThrow().toString())
                .containsExactly("robot", "preview", "prefetch", "automation", "datacenter", "rate", "self");
        assertThat(Filter.named("ROBOT")).isEmpty();
        assertThat(Filter.named("")).isEmpty();
        assertThat(Filter.named("human")).isEmpty();
    }
}
