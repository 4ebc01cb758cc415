package dev.millrace.ledger.csv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.money.Micros;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTest {
    private static String written(@Nullable Object... cells) throws IOException {
        StringWriter out = new StringWriter();
        try (Csv csv = new Csv(out, "a", "b")) {
            csv.row(cells);
        }
        assertThat(out.toString()).startsWith("a,b\r\n").endsWith("\r\n");
        return out.toString().substring("a,b\r\n".length());
    }

    @Test
    void numbersStayNumbers() throws IOException {
        assertThat(written(-1_200L, new BigDecimal("-0.001200"), Long.MIN_VALUE, 0))
                .isEqualTo("-1200,-0.001200,-9223372036854775808,0\r\n");
        assertThat(written(new Micros(-1), new Micros(0), new Micros(1_234_567_000_001L)))
                .isEqualTo("-0.000001,0.000000,1234567.000001\r\n");
        assertThat(written(LocalDate.parse("2026-11-30"), null, "")).isEqualTo("2026-11-30,,\r\n");
    }

    @Test
    void separatorsQuotesAndLineBreaksAreQuoted() throws IOException {
        assertThat(written("a,b", "say \"no\"", "two\nlines", "é€"))
                .isEqualTo("\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",é€\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=1+1",
                "+1",
                "-1",
                "@SUM(A1)",
                "=cmd|' /C calc'!A0",
                "\t=1",
                "\r=1",
                "\n=1",
                " =1",
                "-",
                "-c-42",
                "＝1",
                "＋1",
                "－1",
                "＠A"
            })
    void whatAFormulaBeginsWithIsNone(String text) throws IOException {
        assertThat(read(written(text))).containsExactly("'" + text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"c-42", "/a=b", "a@b", "'=1", "1-1", " a", "\"", "😀", ",;\n\"", "\\", "#x", "42"})
    void everyOtherTextComesBackAsItWas(String text) throws IOException {
        assertThat(read(written("first", text, text))).containsExactly("first", text, text);
        assertThat(read(written(text, "last"))).containsExactly(text, "last");
    }

    private static List<String> read(String row) throws IOException {
        List<String> cells = new ArrayList<>();
        for (CSVRecord each : CSVFormat.RFC4180.parse(new StringReader(row))) {
            each.forEach(cells::add);
        }
        return cells;
    }
}
