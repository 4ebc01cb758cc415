package dev.millrace.ingest.filter;

import static dev.millrace.common.token.Filter.AUTOMATION;
import static dev.millrace.common.token.Filter.DATACENTER;
import static dev.millrace.common.token.Filter.PREFETCH;
import static dev.millrace.common.token.Filter.PREVIEW;
import static dev.millrace.common.token.Filter.RATE;
import static dev.millrace.common.token.Filter.ROBOT;
import static dev.millrace.common.token.Filter.SELF;
import static dev.millrace.ingest.filter.Visits.ALL;
import static dev.millrace.ingest.filter.Visits.CHROME;
import static dev.millrace.ingest.filter.Visits.GOOGLEBOT;
import static dev.millrace.ingest.filter.Visits.HEADLESS;
import static dev.millrace.ingest.filter.Visits.HOME;
import static dev.millrace.ingest.filter.Visits.HOSTED;
import static dev.millrace.ingest.filter.Visits.SLACK;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import dev.millrace.common.token.Filter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class FiltersTest {
    private static final long NOW = 1_800_000_000;

    @TempDir
    private Path folder;

    private Filters filters = new Filters(Datacenters.none());

    @BeforeEach
    void listDatacenters() throws IOException {
        Path list = Files.writeString(folder.resolve("datacenters.txt"), "198.51.100.0/24\n");
        filters = new Filters(Datacenters.of(list, Ticker.systemTicker()));
    }

    private Optional<Filter> judge(Visit visit) {
        return filters.judge(visit, NOW);
    }

    @Test
    void aReaderIsNotFiltered() {
        assertThat(judge(Visits.reader())).isEmpty();
    }

    @Test
    void aUserAgentHasOneReason() {
        assertThat(judge(Visits.of(GOOGLEBOT))).contains(ROBOT);
        assertThat(judge(Visits.of(SLACK))).contains(PREVIEW);
        assertThat(judge(Visits.of(HEADLESS))).contains(AUTOMATION);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    prefetch                            | prefetch
                    Prefetch                            | prefetch
                    prefetch;prerender                  | prefetch
                    prefetch;anonymous-client-ip        | prefetch
                    prerender                           | prefetch
                    preview                             | preview
                    prefetch;prerender;preview          | preview
                    """)
    void whatABrowserLoadsBeforeItsReaderAsksIsFiltered(String purpose, String reason) {
        assertThat(judge(Visits.withPurpose(purpose))).isEqualTo(Filter.named(reason));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "navigate", "Pre-fetch"})
    void anotherPurposeIsAReaders(String purpose) {
        assertThat(judge(Visits.withPurpose(purpose))).isEmpty();
    }

    @Test
    void aScriptThatSeesAutomationIsBelieved() {
        Visit driven = new Visit(true, CHROME, HOME, null, true, "gazette", "v-1", "c-42", "page-1", ALL);
        assertThat(judge(driven)).contains(AUTOMATION);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  "})
    void aBrowserWithoutAUserAgentIsARobotAndAServerWithoutTheClaimIsNotJudged(String userAgent) {
        assertThat(judge(Visits.of(userAgent))).contains(ROBOT);
        assertThat(judge(Visits.server(userAgent, null))).isEmpty();
    }

    @Test
    void aServersEventIsJudgedByItsSignedClaimsAlone() {
        assertThat(judge(Visits.server(null, null))).isEmpty();
        assertThat(judge(Visits.server(CHROME, HOME))).isEmpty();
        assertThat(judge(Visits.server(GOOGLEBOT, HOME))).contains(ROBOT);
        assertThat(judge(Visits.server(CHROME, HOSTED))).contains(DATACENTER);
        assertThat(judge(new Visit(false, null, null, "prefetch", true, "gazette", null, "c-42", "page-1", ALL)))
                .as("purpose and script are a browser's")
                .isEmpty();
    }

    @Test
    void anAddressOnTheListIsAServers() {
        assertThat(judge(Visits.from(HOSTED))).contains(DATACENTER);
        assertThat(new Filters(Datacenters.none()).judge(Visits.from(HOSTED), NOW))
                .isEmpty();
    }

    @Test
    void aCreatorIsNoReaderOfItsOwn() {
        assertThat(judge(Visits.by("c-42", "page-1"))).contains(SELF);
        assertThat(judge(Visits.by("c-4", "page-1"))).isEmpty();
        assertThat(judge(Visits.by(null, "page-1"))).isEmpty();
    }

    @Test
    void aVisitorThatOpensMoreThanAPageASecondIsTooFast() {
        List<Optional<Filter>> verdicts = new ArrayList<>();
        for (int page = 1; page <= 61; page++) {
            verdicts.add(judge(Visits.by("v-1", "page-" + page)));
        }
        assertThat(verdicts.subList(0, 60)).containsOnly(Optional.empty());
        assertThat(verdicts.getLast()).contains(RATE);
    }

    @Test
    void theFirstRuleThatAppliesAndIsOnGivesTheReason() {
        Set<Filter> on = EnumSet.allOf(Filter.class);
        List<Optional<Filter>> reasons = new ArrayList<>();
        for (int rule = 0; rule < Filter.values().length; rule++) {
            Optional<Filter> reason = judge(Visits.suspect(GOOGLEBOT, on));
            reasons.add(reason);
            reason.ifPresent(on::remove);
        }
        assertThat(reasons)
                .containsExactly(
                        Optional.of(SELF),
                        Optional.of(PREFETCH),
                        Optional.of(AUTOMATION),
                        Optional.of(ROBOT),
                        Optional.of(DATACENTER),
                        Optional.empty(),
                        Optional.empty());
    }

    @Test
    void aFilterThatIsOffWakesNoOther() {
        assertThat(judge(userAgentAlone(SLACK, EnumSet.complementOf(EnumSet.of(PREVIEW)))))
                .isEmpty();
        assertThat(judge(userAgentAlone(HEADLESS, EnumSet.complementOf(EnumSet.of(AUTOMATION)))))
                .isEmpty();
        assertThat(judge(userAgentAlone(GOOGLEBOT, EnumSet.complementOf(EnumSet.of(ROBOT)))))
                .isEmpty();
        for (int page = 1; page <= 100; page++) {
            assertThat(judge(new Visit(
                            true, CHROME, HOME, null, false, "gazette", "v-1", "c-42", "page-" + page, Set.of(ROBOT))))
                    .isEmpty();
        }
    }

    private static Visit userAgentAlone(String userAgent, Set<Filter> filters) {
        return new Visit(true, userAgent, HOME, null, false, "gazette", "v-1", "c-42", "page-1", filters);
    }

    @Test
    void theVersionOfTheListIsShown() {
        assertThat(filters.version()).matches("uap-java [0-9]+\\.[0-9]+\\.[0-9]+");
    }

    /** Prints what a visit costs; no figure is asserted, since the machine is shared. */
    @Test
    void printsWhatAVisitCosts() {
        double fresh = 0;
        double known = 0;
        for (int round = 0; round < 5; round++) {
            int from = 1_000 + 10_000 * round;
            fresh = nanosEach(10_000, i -> CHROME.replace("141", String.valueOf(from + i)), "v-1");
            known = nanosEach(200_000, _ -> CHROME, "v-2");
        }
        System.out.printf("filters: %.0f ns a visit with a new user agent, %.0f ns with a known one%n", fresh, known);
        assertThat(known).isPositive();
    }

    /** Nanoseconds that this thread has computed, whatever else the machine does. */
    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private double nanosEach(int visits, IntFunction<String> userAgent, String visitor) {
        int filtered = 0;
        long began = cpu();
        for (int i = 0; i < visits; i++) {
            Visit visit = new Visit(
                    true, userAgent.apply(i), HOME, null, false, "gazette", visitor, "c-42", "page-" + i % 20, ALL);
            filtered += judge(visit).isPresent() ? 1 : 0;
        }
        long nanos = cpu() - began;
        assertThat(filtered).isZero();
        return (double) nanos / visits;
    }

    @Test
    void withoutNotesAVisitIsJudgedAndLeavesNoTrace() {
        Filters filters = new Filters(Datacenters.none());
        Filters dry = filters.withoutNotes();
        for (int i = 0; i < 1_000; i++) {
            assertThat(dry.judge(Visits.by("v-dry", "page-" + i), 1_800_000_000))
                    .as("page %d", i)
                    .isEmpty();
        }
        for (int i = 0; i < 61; i++) {
            assertThat(filters.judge(Visits.by("v-dry", "page-" + i), 1_800_000_000)
                            .isPresent())
                    .as("page %d", i)
                    .isEqualTo(i == 60);
        }
        assertThat(dry.judge(Visits.by("v-dry", "page-60"), 1_800_000_001)).contains(Filter.RATE);
    }
}
