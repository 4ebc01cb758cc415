package dev.millrace.lab.overload;

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

class OverloadCommandTest {
    private static final int WRONG_USAGE = 2;

    @TempDir
    private Path root;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --seconds | 0        | --seconds is 0; it takes 1 to 600
                    --seconds | 1m       | Invalid value for option '--seconds': '1m' is not an int
                    --levels  | 50,1001  | --levels is 1001; it takes 1 to 1000
                    --levels  | 50,80%   | Invalid value for option '--levels' (PERCENT)
                    --case    | batch-10 | --case has 'batch-10'; there are single, batch-100, batch-1000
                    --aof     | never    | --aof has 'never'; there are off, everysec, always
                    --parts   | levels,x | --parts has 'x'; there are levels, balances, flood
                    --seed    | x        | --seed is 'x'; it takes a whole number, such as 42
                    """)
    void aValueThatCanNotBeUsedIsNamedWithItsRemedy(String option, String value, String message) {
        assertThat(run("overload", option, value)).isEqualTo(WRONG_USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(message);
        assertThat(root).isEmptyDirectory();
    }

    private int run(String... arguments) {
        PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        PrintStream complaints = new PrintStream(err, true, StandardCharsets.UTF_8);
        Terminal terminal = new Terminal(Map.of(), root, out, complaints, 0, Clock.systemUTC());
        return new Shell(terminal).with(new OverloadCommand(terminal)).run(arguments);
    }
}
