package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.command.Report;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.server.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The contestants as they are, in rounds of a tenth of a second: nothing is measured here, everything has to add up. */
@Tag("long")
class BenchIT {
    /** Surefire says where the module is; the root is the folder above it. */
    private static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    private static final BenchPlan TINY = new BenchPlan(
            true,
            Set.of("raw-redis", "noop-http", "millrace", "millrace-remembered", "row-update"),
            Set.of("pipeline-64", "single", "single-half-peak", "batch-1000", "clients-8"),
            Set.of(Aof.ALWAYS),
            Duration.ZERO,
            1,
            Duration.ofMillis(100),
            Duration.ofMinutes(5),
            1);

    private static final int REMEMBERED = 200_000;

    private Path home = ROOT;

    @BeforeEach
    void makeHome() throws IOException {
        home = Files.createTempDirectory("millrace-bench-");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void deleteHome() throws IOException {
        Folders.delete(home);
    }

    @Test
    void whatEveryContestantCountsIsWhatWasSent() throws InterruptedException {
        Report outcome = run(TINY);
        System.out.println(outcome);

        assertThat(outcome.failures()).isEmpty();
        JsonNode json = JsonMapper.shared().valueToTree(outcome.fields());
        Set<String> seen = new HashSet<>();
        for (JsonNode result : json.path("results")) {
            assertThat(result.path("lost").asLong(-1)).as(result.toString()).isZero();
            assertThat(result.path("eventsPerSecond").asDouble()).isPositive();
            assertThat(result.path("p99Ms").asDouble()).isPositive();
            seen.add("%s %s %s %d"
                    .formatted(
                            result.path("contestant").asString(),
                            result.path("case").asString(),
                            result.path("aof").asString("-"),
                            result.path("creators").asInt()));
        }
        assertThat(seen)
                .hasSize(json.path("results").size())
                .contains(
                        "raw-redis pipeline-64 always 1",
                        "noop-http single - 1000",
                        "noop-http single-half-peak - 1000",
                        "millrace-remembered batch-1000 always 1",
                        "millrace single always 1000",
                        "millrace single-half-peak always 1000",
                        "millrace batch-1000 always 1",
                        "row-update clients-8 - 1");
        assertThat(outcome.machine().servers().toString()).contains("redis 7", "postgres 1", "bytes of Redis each");
        assertCostsOf(json);
    }

    private static void assertCostsOf(JsonNode json) {
        for (JsonNode result : json.path("results")) {
            if (result.path("contestant").asString().equals("millrace-remembered")) {
                assertThat(result.path("redisIncrements").asDouble()).isPositive();
                assertThat(result.path("redisAgainstEmptyLogs").asDouble()).isPositive();
            }
            if (result.path("contestant").asString().equals("millrace")) {
                assertThat(result.path("redisMicrosPerEvent").asDouble()).isPositive();
                assertThat(result.path("cpuSecondsPerMillion").propertyNames())
                        .containsExactly("client", "ingest", "ledger", "others", "postgres", "redis", "worker");
                boolean batches = result.path("case").asString().equals("batch-1000");
                assertThat(result.path("bytesPerRemembered").asDouble()).isGreaterThanOrEqualTo(batches ? 1 : 0);
                assertThat(result.path("statementsPerMillion").asDouble()).isPositive();
                assertThat(result.path("rowsPerMillion").asDouble()).isPositive();
            }
        }
    }

    private Report run(BenchPlan plan) throws InterruptedException {
        ProgressPrinter progress = new ProgressPrinter(System.out, 0);
        Stage stage = new Stage(ROOT, home, progress::step);
        List<Contestant.Entrant> entrants = Stream.concat(
                        Contestant.Entrant.ALL.stream(), Stream.of(Contestant.Entrant.remembering(REMEMBERED)))
                .toList();
        Bench bench = new Bench(plan, entrants, progress);
        bench.run(stage);
        return bench.report();
    }
}
