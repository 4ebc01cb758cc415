package dev.millrace.lab.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Machine MACHINE = new Machine(2, "a processor", 1_024, "a system", "a java", List.of(), 9.5);

    @Test
    void textsBeginAtTheLeftAndNumbersEndAtTheRight() {
        Map<String, @Nullable Object> b = new HashMap<>(Map.of("name", "b", "times", Map.of("x", 1234.5), "last", ""));
        b.put("n", null);
        Map<String, Object> a = Map.of("name", "a", "n", 1_000, "times", Map.of("x", 0.5), "last", "text");
        assertThat(Report.table(1, List.of(a, b), "name, n, x=times/x, last"))
                .isEqualTo("name      n      x  last\na     1,000   0.50  text\nb         -  1,235\n");
    }

    @Test
    void figuresOfAFigureStandInOneCell() {
        assertThat(Report.table(1, List.of(Map.of("cpu", Map.of("redis", 12.3456))), "CPU=cpu"))
                .isEqualTo("CPU\nredis 12.3\n");
    }

    @Test
    void aRunIsOneObjectForProgramsAndTextForPeople() {
        Report report =
                new Report(MACHINE, Map.of("figures", Map.of("ready", 12.3456789)), "12 s\n", List.of("a micro"));
        assertThat(report.isGood()).isFalse();
        assertThat(report).hasToString("""
                2 cores (a processor), 1,024 MiB, a system, a java

                12 s

                10 s. FAILED:
                  a micro
                """);
        assertThat(report.json())
                .isEqualTo(
                        "{\"machine\":{\"cores\":2,\"processor\":\"a processor\",\"memoryMib\":1024,\"system\":\"a system\","
                                + "\"java\":\"a java\",\"servers\":[],\"seconds\":9.5},"
                                + "\"figures\":{\"ready\":12.3457},\"failures\":[\"a micro\"]}");
    }

    @Test
    void aRunThatMeasuredNothingIsNotGood() {
        assertThat(new Report(MACHINE, Map.of(), "", List.of()).isGood()).isFalse();
        assertThat(new Report(MACHINE, Map.of(), "x", List.of()).isGood()).isTrue();
    }
}
