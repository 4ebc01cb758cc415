package dev.millrace.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.command.Shell;
import dev.millrace.local.command.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaleCommandTest {
    private static final int WRONG_USAGE = 2;

    @TempDir
    private Path root;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --parts       | speed   | --parts has 'speed'; there are settlement, database, start, nodes, balance, followers, outage
                    --creators    | 100     | --creators is 100; it takes 1000 to 2000000
                    --articles    | 101     | --articles is 101; it takes 1 to 100
                    --seconds     | 1       | --seconds is 1; it takes 5 to 600
                    --rate        | 7       | --rate is 7; it takes 100 to 50000
                    --remembered  | 10      | --remembered is 10; it takes 100000 to 100000000
                    --worker-heap | lots    | --worker-heap is 'lots'; it takes a size such as 256m or 1g
                    --seed        | x       | --seed is 'x'; it takes a whole number, such as 42
                    """)
    void aValueThatCanNotBeUsedIsNamedWithItsRemedy(String option, String value, String message) {
        assertThat(run("scale", option, value)).isEqualTo(WRONG_USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(message);
        assertThat(root).isEmptyDirectory();
    }

    private int run(String... arguments) {
        Terminal terminal = new Terminal(Map.of(), root, stream(out), stream(err), 0, Clock.systemUTC());
        return new Shell(terminal).with(new ScaleCommand(terminal)).run(arguments);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
