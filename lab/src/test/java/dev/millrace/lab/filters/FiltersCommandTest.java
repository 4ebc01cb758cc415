package dev.millrace.lab.filters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.command.Shell;
import dev.millrace.local.command.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiltersCommandTest {
    private static final String CHROME =
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void sharesAreCountedAndWrongOnesShown() throws IOException {
        String robots = file("robots.txt", "curl/8.16.0\n\nTwitterbot/1.0\n" + CHROME + "\ncurl/8.16.0\n");
        String browsers = file("browsers.txt", CHROME + "\n");
        assertThat(run("filters", "--show", "--robots", robots, "--browsers", browsers))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("list: uap-java ")
                .contains("robots.txt: 2 of 3 filtered, 66.67 % {robot=1, preview=1};")
                .contains("  -  " + CHROME)
                .contains("browsers.txt: 0 of 1 filtered, 0.00 % {};");
    }

    @Test
    void aFileWithoutALineIsNamed() throws IOException {
        String empty = file("empty.txt", "\n");
        assertThat(run("filters", "--robots", empty)).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(empty + " has no line; it takes a user agent a line");
        assertThat(run("filters", "--robots", empty + "x")).isEqualTo(1);
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    private int run(String... arguments) {
        Terminal terminal = new Terminal(
                Map.of(),
                folder,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                0,
                Clock.systemUTC());
        return new Shell(terminal).with(new FiltersCommand(terminal)).run(arguments);
    }
}
