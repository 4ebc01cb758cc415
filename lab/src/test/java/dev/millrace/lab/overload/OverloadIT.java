package dev.millrace.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.server.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The services as they are, under levels of a second: nothing is measured here, everything has to add up. */
class OverloadIT {
    /** Surefire says where the module is; the root is the folder above it. */
    private static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    private static final Overload.Plan SHORT = new Overload.Plan(
            Duration.ofSeconds(1), Case.BATCH_100, List.of(50, 300), Aof.ALWAYS, EnumSet.allOf(Overload.Part.class), 1);

    private Path home = ROOT;

    @BeforeEach
    void makeHome() throws IOException {
        home = Files.createTempDirectory("millrace-overload-");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void deleteHome() throws IOException {
        Folders.delete(home);
    }

    @Test
    void whateverIsTurnedAwayWhatIsAcceptedCountsOnce() throws Exception {
        ProgressPrinter progress = new ProgressPrinter(System.out, 0);
        OverloadReport report = Overload.run(SHORT, new Stage(ROOT, home, progress::step), progress);
        System.out.println(report.text());
        assertThat(report.failures()).isEmpty();
        assertThat(report.levels()).extracting(OverloadReport.Load::percent).containsExactly(50, 300);
        assertThat(report.levels()).allSatisfy(OverloadIT::assertExact);
        assertThat(Objects.requireNonNull(report.balances()).followed())
                .hasSize(2)
                .allSatisfy(each -> {
                    assertThat(each.times().requests()).isPositive();
                    assertExact(each.events());
                });
        assertThat(report.flood()).hasSize(2).allSatisfy(OverloadIT::assertExact);
        assertThat(report.flood().getFirst().replays()).isNull();
        assertThat(report.flood().getLast().replays()).contains(" 0 counted)");
    }

    /** Every arrival is accounted for, with everything in the ledger that was acknowledged. */
    private static void assertExact(OverloadReport.Load load) {
        assertThat(load.lostMicros()).isZero();
        assertThat(load.times().requests()).isPositive();
        assertThat(load.others().keySet()).noneMatch(reason -> reason.endsWith(Score.WITHOUT_RETRY_AFTER));
        long others = load.others().values().stream().mapToLong(Long::longValue).sum();
        assertThat(load.times().requests() + others).isEqualTo(load.requests());
    }
}
