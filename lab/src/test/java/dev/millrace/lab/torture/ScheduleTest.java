package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration TEN = Duration.ofMinutes(10);
    private static final Set<Fault.Kind> ALL = EnumSet.allOf(Fault.Kind.class);

    @Test
    void theSameSeedGivesTheSameFaultsAndAnotherSeedOthers() {
        assertThat(Schedule.draw(42, TEN, ALL)).isEqualTo(Schedule.draw(42, TEN, ALL));
        assertThat(Schedule.draw(42, TEN, ALL)).isNotEqualTo(Schedule.draw(43, TEN, ALL));
    }

    @Test
    void aMinuteHasAtLeastTwentyFaultsAndTenHaveAtLeastOneHundredAndFifty() {
        for (long seed = 0; seed < 200; seed++) {
            assertThat(Schedule.draw(seed, MINUTE, ALL)).hasSizeGreaterThanOrEqualTo(20);
            assertThat(Schedule.draw(seed, TEN, ALL)).hasSizeGreaterThanOrEqualTo(150);
        }
    }

    @Test
    void faultsAreInOrderWithinTheRunAndFitTheirTargets() {
        List<Fault> faults = Schedule.draw(7, TEN, ALL);
        assertThat(faults).extracting(Fault::at).isSorted();
        assertThat(faults).allMatch(fault -> fault.at().compareTo(TEN) < 0);
        assertThat(faults)
                .allMatch(fault -> fault.kind().isOnLink() == fault.target().isLink());
        assertThat(faults).extracting(Fault::kind).containsAll(ALL);
        assertThat(new HashSet<>(faults.stream().map(Fault::target).toList()))
                .containsExactlyInAnyOrder(Target.values());
    }

    @Test
    void onlyTheKindsAskedForHappenAndStillAsMany() {
        Set<Fault.Kind> kinds = EnumSet.of(Fault.Kind.KILL);
        List<Fault> faults = Schedule.draw(7, MINUTE, kinds);
        assertThat(faults).hasSizeGreaterThanOrEqualTo(20).allMatch(fault -> fault.kind() == Fault.Kind.KILL);
    }

    @Test
    void someWorkersSleepLongerThanTheirTransactionMayBeIdle() {
        assertThat(Schedule.draw(7, TEN, ALL))
                .anyMatch(fault -> fault.kind() == Fault.Kind.STOP
                        && (fault.target() == Target.WORKER_1 || fault.target() == Target.WORKER_2)
                        && fault.lasting().compareTo(Duration.ofSeconds(2)) > 0);
    }

    @Test
    void faultsOverlap() {
        List<Fault> faults = Schedule.draw(7, TEN, ALL);
        assertThat(faults)
                .anyMatch(one -> faults.stream()
                        .anyMatch(other -> other.at().compareTo(one.at()) > 0
                                && other.at().compareTo(one.at().plus(one.lasting())) < 0));
    }
}
