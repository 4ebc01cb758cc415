package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Aof;
import dev.millrace.local.command.Shell;
import dev.millrace.local.command.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class BenchCommandTest {
    private static final int WRONG_USAGE = 2;

    @TempDir
    private Path root;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --contestants | fake,slow | --contestants has 'slow'; there are fake
                    --cases       | batch-9       | --cases has 'batch-9'; there are batch-1000
                    --aof         | sometimes | --aof has 'sometimes'; there are off, everysec, always
                    --rounds      | 0         | --rounds is 0; it takes 1 to 99
                    --remembered  | -1        | --remembered is -1; it takes 0 to 100000000
                    --warm-up     | 601       | --warm-up is 601; it takes 0 to 600
                    --seed        | x         | --seed is 'x'; it takes a whole number, such as 42
                    """)
    void aValueThatCanNotBeUsedIsNamedWithItsRemedy(String option, String value, String message) {
        assertThat(run(0, "bench", option, value)).isEqualTo(WRONG_USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(message);
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void jsonIsTheOnlyThingOnStandardOutput() {
        assertThat(run(0, "bench", "--json", "--quick", "--warm-up", "0", "--rounds", "1", "--seed", "7"))
                .isZero();
        var json = JsonMapper.shared().readTree(out.toByteArray());
        assertThat(json.path("results").size()).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("bench: seed 7");
        assertThat(root.resolve("lab/target/bench")).isEmptyDirectory();
    }

    @Test
    void aRunThatLostAnEventFailsAndKeepsItsData() {
        assertThat(run(1, "bench", "--quick", "--warm-up", "0", "--rounds", "1"))
                .isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("FAILED:", "in round 1/1: 1 events lost");
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("data and logs are kept in ");
        assertThat(root.resolve("lab/target/bench")).isNotEmptyDirectory();
    }

    /** @param lost events that each round loses */
    private int run(long lost, String... arguments) {
        Terminal terminal = new Terminal(Map.of(), root, stream(out), stream(err), 0, Clock.systemUTC());
        List<Scenario> scenarios = List.of(Rounds.batches("fake", Aof.ALWAYS, Scenario.MANY));
        FakeContestant fake = new FakeContestant("fake", scenarios, new ArrayList<>()) {
            @Override
            long count(long micros) {
                return micros - lost * Events.MICROS;
            }
        };
        BenchCommand command = new BenchCommand(terminal, List.of(fake.entrant()));
        return new Shell(terminal).with(command).run(arguments);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
