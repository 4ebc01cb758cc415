package dev.millrace.lab.overload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.load.Score;
import dev.millrace.local.command.Shell;
import dev.millrace.local.command.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The services as they are, under levels of a second: nothing is measured here, everything has to add up. */
@Tag("long")
class OverloadIT {
    /** Surefire says where the module is; the root is the folder above it. */
    private static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void whateverIsTurnedAwayWhatIsAcceptedCountsOnce() {
        Terminal terminal =
                new Terminal(Map.of(), ROOT, new PrintStream(out, true, UTF_8), System.out, 0, Clock.systemUTC());
        int exit = new Shell(terminal)
                .with(new OverloadCommand(terminal))
                .run("overload", "--seconds", "1", "--levels", "300,50,300", "--seed", "1", "--json");
        JsonNode json = JsonMapper.shared().readTree(out.toByteArray());
        System.out.println(json.toPrettyString());
        assertThat(json.path("failures")).isEmpty();
        assertThat(exit).isZero();
        assertThat(json.path("levels"))
                .extracting(load -> load.path("percent").asInt())
                .containsExactly(50, 300);
        assertThat(json.path("levels")).allSatisfy(OverloadIT::assertExact);
        assertThat(json.path("balances")).hasSize(2).allSatisfy(load -> {
            assertThat(load.at("/beside/times/requests").asLong()).isPositive();
            assertExact(load);
        });
        assertThat(json.at("/withReads/median").asDouble()).isPositive();
        assertThat(json.path("flood")).hasSize(2).allSatisfy(OverloadIT::assertExact);
        assertThat(json.at("/flood/0/beside").isNull()).isTrue();
        assertThat(json.at("/flood/1/beside/duplicates").asLong()).isPositive();
        assertThat(json.at("/flood/1/beside/counted").asLong(-1)).isZero();
    }

    /** Every arrival is accounted for, with everything in the ledger that was acknowledged. */
    private static void assertExact(JsonNode load) {
        assertThat(load.path("lostMicros").asLong(-1)).isZero();
        long accepted = load.at("/times/requests").asLong();
        assertThat(accepted).isPositive();
        assertThat(load.path("others").propertyNames()).noneMatch(reason -> reason.endsWith(Score.WITHOUT_RETRY_AFTER));
        long others =
                load.path("others").valueStream().mapToLong(JsonNode::asLong).sum();
        assertThat(accepted + others).isEqualTo(load.path("requests").asLong());
    }
}
