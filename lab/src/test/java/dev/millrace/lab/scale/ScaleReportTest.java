package dev.millrace.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.command.Machine;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScaleReportTest {
    private static final Machine MACHINE = new Machine(2, "a processor", 1_024, "a system", "a java", List.of(), 9.5);

    @Test
    void everyFigureIsToldUnderThePartThatItIsOf() {
        ScaleReport report = new ScaleReport(
                MACHINE, 7, Map.of("start", Map.of("readySeconds", 12.3456789)), List.of("a micro is missing"));
        assertThat(report.text()).isEqualTo("""
                        2 cores (a processor), 1,024 MiB, a system, a java

                        start
                          readySeconds             12.35

                        FAILED:
                          a micro is missing
                        """);
        assertThat(report.json())
                .isEqualTo(
                        "{\"machine\":{\"cores\":2,\"processor\":\"a processor\",\"memoryMib\":1024,\"system\":\"a system\","
                                + "\"java\":\"a java\",\"servers\":[],\"seconds\":9.5},\"seed\":7,"
                                + "\"figures\":{\"start\":{\"readySeconds\":12.3457}},\"failures\":[\"a micro is missing\"]}");
    }
}
