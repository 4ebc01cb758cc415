package dev.millrace.ledger.csv;

import dev.millrace.common.money.Micros;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;

/**
 * A table as CSV (RFC 4180): UTF-8, a header row, CRLF. Numbers are written as they are. Of a text that a spreadsheet would take for a formula
 * an apostrophe comes first, so a program that needs texts as they are reads JSON.
 */
public final class Csv implements AutoCloseable {
    public static final String MEDIA_TYPE = "text/csv";

    /** What a formula begins with; a spreadsheet may skip the blanks before it. */
    private static final Pattern FORMULA = Pattern.compile("(?s)\\s*[=+\\-@\uFF1D\uFF0B\uFF0D\uFF20].*|[\t\r\n].*");

    private final CSVPrinter rows;

    /** @param columns their names */
    public Csv(Writer out, String... columns) throws IOException {
        rows = new CSVPrinter(out, CSVFormat.RFC4180);
        row((Object[]) columns);
    }

    /**
     * The body of this answer.
     *
     * @param file its name where it is saved, ASCII
     */
    public static Csv answer(HttpServletResponse response, String file, String... columns) throws IOException {
        response.setContentType(MEDIA_TYPE);
        response.setCharacterEncoding(StandardCharsets.UTF_8.name());
        response.setHeader(
                HttpHeaders.CONTENT_DISPOSITION,
                ContentDisposition.attachment().filename(file).build().toString());
        return new Csv(response.getWriter(), columns);
    }

    /** @param cells numbers, money, texts, days, and null for an empty cell */
    public void row(@Nullable Object... cells) throws IOException {
        rows.printRecord(Arrays.stream(cells).map(Csv::cell).toArray());
    }

    private static @Nullable Object cell(@Nullable Object value) {
        return switch (value) {
            case Micros money -> new BigDecimal(money.amount());
            case String text -> FORMULA.matcher(text).matches() ? "'" + text : text;
            case null, default -> value;
        };
    }

    /** Sends what is left; the writer stays open, as it is the answer's. */
    @Override
    public void close() throws IOException {
        rows.flush();
    }
}
