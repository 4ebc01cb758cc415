package dev.millrace.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.progress.Progress;
import dev.millrace.lab.report.Machine;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Sums;
import dev.millrace.local.server.Folders;
import dev.millrace.local.server.Place;
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

    private static final Plan SHORT = new Plan(
            Duration.ofSeconds(1), Case.HTTP.get(1), List.of(50, 300), Aof.ALWAYS, EnumSet.allOf(Part.class), 1);

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
        Place place = new Place(ROOT.resolve(".millrace/binaries"), home.resolve("data"), home.resolve("logs"));
        Outcome outcome = new Overload(SHORT, Progress.to(System.out, 0)).run(ROOT, place);
        System.out.println(Table.of(outcome, Machine.ofThisProcess()));

        assertThat(outcome.failures()).isEmpty();
        assertThat(outcome.levels()).extracting(Level::percent).containsExactly(50, 300);
        assertThat(outcome.levels()).allSatisfy(level -> assertExact(level.score(), level.sums()));
        BalancesRun balances = Objects.requireNonNull(outcome.balances());
        assertThat(balances.followed()).allMatch(each -> each.reads().answered() > 0);
        assertThat(balances.sums()).hasSize(4).allMatch(Sums::areEqual);
        assertThat(outcome.flood()).hasSize(2);
        assertThat(outcome.flood()).allSatisfy(run -> assertExact(run.honest(), run.sums()));
        assertThat(outcome.flood().stream().map(FloodRun::replays))
                .filteredOn(replays -> replays != null)
                .hasSize(1)
                .allSatisfy(replays -> assertThat(replays.verdicts().accepted()).isZero());
    }

    private static void assertExact(Score score, Sums sums) {
        assertThat(sums.areEqual()).as(sums.toString()).isTrue();
        assertThat(sums.settled()).isPositive();
        assertThat(score.withoutRetryAfter()).isZero();
        assertThat(score.unexpected()).isZero();
        assertThat(score.accepted() + score.refused() + score.late() + score.broken())
                .isEqualTo(score.arrivals());
    }
}
