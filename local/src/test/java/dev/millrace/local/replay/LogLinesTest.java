package dev.millrace.local.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    @Test
    void endsOfLinesAreCutAndTheLastMayLackIts() throws Exception {
        assertThat(lines("a\r\n\nb\rc\nlast".getBytes(StandardCharsets.UTF_8)))
                .containsExactly("a", "", "b\rc", "last");
        assertThat(lines(new byte[0])).isEmpty();
        assertThat(lines("one\n".getBytes(StandardCharsets.UTF_8))).containsExactly("one");
    }

    @Test
    void whatIsNotUtf8IsReplaced() throws Exception {
        assertThat(lines(new byte[] {'x', (byte) 0xe9, '\n'})).containsExactly("x\ufffd");
    }

    @Test
    void aLineWithoutEndIsCutButCountedWhole() throws Exception {
        byte[] endless = new byte[3 * LogLines.MAX_LINE_BYTES];
        try (LogLines lines = new LogLines(new ByteArrayInputStream(endless))) {
            String line = lines.next();
            assertThat(line).hasSize(LogLines.MAX_LINE_BYTES);
            assertThat(lines.bytes()).isEqualTo(endless.length);
            assertThat(lines.next()).isNull();
        }
    }

    private static List<String> lines(byte[] bytes) throws Exception {
        List<String> found = new ArrayList<>();
        try (LogLines lines = new LogLines(new ByteArrayInputStream(bytes))) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                found.add(line);
            }
        }
        return found;
    }
}
