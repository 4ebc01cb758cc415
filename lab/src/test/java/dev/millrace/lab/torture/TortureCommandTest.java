package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.command.Shell;
import dev.millrace.local.command.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TortureCommandTest {
    private static final int WRONG_USAGE = 2;

    @TempDir
    private Path root;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --minutes | 0         | --minutes is '0'; it takes a number from 0.1 to 1440, such as 1 or 0.5
                    --minutes | ten       | --minutes is 'ten'; it takes a number from 0.1 to 1440, such as 1 or 0.5
                    --minutes | 1e9       | --minutes is '1e9'; it takes a number from 0.1 to 1440, such as 1 or 0.5
                    --seed    | x         | --seed is 'x'; it takes a whole number, such as 42
                    --both    | 1.5       | --both is 1.5; it takes a number from 0 to 1, such as 0.5
                    --faults  | kill,burn | --faults has 'burn'; there are kill, stop, cut, delay, half-open, reset
                    """)
    void aValueThatCanNotBeUsedIsNamedWithItsRemedy(String option, String value, String message) {
        assertThat(run("torture", option, value)).isEqualTo(WRONG_USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(message);
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void theCommandThatRunsTheSameAgainHasWhatDecides() {
        assertThat(new TorturePlan(Duration.ofMinutes(10), 42, EnumSet.allOf(Fault.Kind.class), TorturePlan.USUAL_BOTH)
                        .command())
                .isEqualTo("./millrace torture --minutes 10 --seed 42");
        assertThat(new TorturePlan(Duration.ofSeconds(30), -1, EnumSet.of(Fault.Kind.HALF_OPEN, Fault.Kind.KILL), 0.5)
                        .command())
                .isEqualTo("./millrace torture --minutes 0.5 --seed -1 --both 0.5 --faults kill,half-open");
    }

    private int run(String... arguments) {
        PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        PrintStream complaints = new PrintStream(err, true, StandardCharsets.UTF_8);
        Terminal terminal = new Terminal(Map.of(), root, out, complaints, 0, Clock.systemUTC());
        return new Shell(terminal).with(new TortureCommand(terminal)).run(arguments);
    }
}
