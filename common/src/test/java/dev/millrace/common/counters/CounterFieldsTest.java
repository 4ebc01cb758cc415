package dev.millrace.common.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.EventType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CounterFieldsTest {

    @ParameterizedTest
    @ValueSource(strings = {"/a", "|", "||", "a|view|1", "|view|2", "x|y|z|read|9", " ", "\u00fc|\ud83d\ude00"})
    void anArticleMayHoldAnyCharacter(String article) {
        EngageField field = new EngageField("demo", "c-42", article, EventType.SEARCH_VISIT, 3);
        assertThat(EngageField.parse(field.encode())).isEqualTo(field);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "demo",
                "demo|c",
                "demo|c|view|1",
                "demo|c|a|view|",
                "demo|c|a|view|x",
                "demo|c|a|nothing|1",
                "|c|a|view|1",
                "demo|c|a|view|99999999999",
                "demo|c|a|view|2147483648",
                "demo|c|a|view|0",
                "demo|c|a|view|-1",
                "demo|c|a|view|+1",
                "demo|c|a|view|01",
                "demo|c|a|view|\u0661",
                "Demo|c|a|view|1",
                "demo|c 1|a|view|1",
                "demo|c||view|1",
                "demo|c|a\u0000b|view|1",
                "demo|c|\ud83d|view|1"
            })
    void whatIsNoEngageFieldIsRefusedByName(String field) {
        assertThatThrownBy(() -> EngageField.parse(field))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + field + "'");
    }

    @Test
    void anArticleIsAtMost128CharactersWhateverTheirSize() {
        EngageField longest = new EngageField("demo", "c", "\ud83d\ude00".repeat(128), EventType.VIEW, 1);
        assertThat(EngageField.parse(longest.encode())).isEqualTo(longest);
        String longer = new EngageField("demo", "c", "a".repeat(129), EventType.VIEW, 1).encode();
        assertThatThrownBy(() -> EngageField.parse(longer)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anEarnFieldHasTwoParts() {
        assertThat(EarnField.parse("demo|c:4.2")).isEqualTo(new EarnField("demo", "c:4.2"));
        assertThat(new EarnField("demo", "c:4.2").encode()).isEqualTo("demo|c:4.2");
        for (String field :
                new String[] {"", "demo", "|c", "demo|", "a|b|c", "#micros", "Demo|c", "demo|c d", "demo|c\n"}) {
            assertThatThrownBy(() -> EarnField.parse(field)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void allKeysOfAPartitionCarryItsTag() {
        CounterKeys names = new CounterKeys(7);
        assertThat(names.epoch()).isEqualTo("{p07}:epoch");
        assertThat(names.since()).isEqualTo("{p07}:since");
        assertThat(names.earn(12)).isEqualTo("{p07}:earn:12");
        assertThat(names.engage(12)).isEqualTo("{p07}:engage:12");
        assertThat(names.seen(7_800, 226_000, 1023)).isEqualTo("{p07}:seen:7800:226000:1023");
        assertThatThrownBy(() -> new CounterKeys(16)).hasMessage("partition 16 is not 0 to 15");
    }
}
