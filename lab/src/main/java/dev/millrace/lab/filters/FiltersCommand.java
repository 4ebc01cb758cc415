package dev.millrace.lab.filters;

import dev.millrace.common.token.Filter;
import dev.millrace.ingest.filter.Datacenters;
import dev.millrace.ingest.filter.Filters;
import dev.millrace.ingest.filter.Visit;
import dev.millrace.local.command.Terminal;
import dev.millrace.local.process.CommandException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code millrace filters}. It fetches nothing: a corpus is a file with a user agent a line. */
@CommandLine.Command(
        name = "filters",
        description = {
            "Measure which share of known robots and browsers the filters take.",
            "",
            "A FILE has a user agent a line. docs/reference/filters.md says how such files are made of public lists.",
            ""
        })
public final class FiltersCommand implements Callable<Integer> {
    private static final Set<Filter> ALL = EnumSet.allOf(Filter.class);

    private final Terminal terminal;

    @Option(names = "--robots", paramLabel = "FILE", description = "User agents that ought to be filtered.")
    private List<Path> robots = List.of();

    @Option(names = "--browsers", paramLabel = "FILE", description = "User agents that ought not to be filtered.")
    private List<Path> browsers = List.of();

    @Option(names = "--show", description = "Print those that are judged wrong.")
    private boolean show;

    public FiltersCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        terminal.out().println("list: " + new Filters(Datacenters.none()).version());
        robots.forEach(file -> measure(file, true));
        browsers.forEach(file -> measure(file, false));
        return 0;
    }

    private void measure(Path file, boolean areRobots) {
        List<String> userAgents = read(file);
        Filters filters = new Filters(Datacenters.none());
        double first = nanosEach(filters, userAgents);
        double again = nanosEach(
                filters,
                Collections.nCopies(100, userAgents).stream()
                        .flatMap(List::stream)
                        .toList());
        Map<String, Optional<Filter>> verdicts = userAgents.stream()
                .collect(Collectors.toMap(Function.identity(), one -> judge(filters, one), (one, _) -> one));
        long taken = verdicts.values().stream().filter(Optional::isPresent).count();
        terminal.out()
                .printf(
                        "%s: %d of %d filtered, %.2f %% %s; %.0f ns each at first, %.0f ns when known%n",
                        file.getFileName(),
                        taken,
                        verdicts.size(),
                        100.0 * taken / verdicts.size(),
                        byReason(verdicts),
                        first,
                        again);
        if (show) {
            verdicts.forEach((userAgent, verdict) -> {
                if (verdict.isPresent() != areRobots) {
                    terminal.out().println("  " + verdict.map(Filter::wireName).orElse("-") + "  " + userAgent);
                }
            });
        }
    }

    private static Map<Filter, Long> byReason(Map<String, Optional<Filter>> verdicts) {
        return verdicts.values().stream()
                .flatMap(Optional::stream)
                .collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    }

    /** Nanoseconds that this thread has computed, whatever else the machine does. */
    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static double nanosEach(Filters filters, List<String> userAgents) {
        long began = cpu();
        for (String userAgent : userAgents) {
            var _ = judge(filters, userAgent);
        }
        return (cpu() - began) / (double) userAgents.size();
    }

    private static Optional<Filter> judge(Filters filters, String userAgent) {
        return filters.judge(new Visit(true, userAgent, null, null, false, "corpus", null, "creator", "page", ALL), 0);
    }

    private static List<String> read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank())
                    .distinct()
                    .toList();
            if (lines.isEmpty()) {
                throw CommandException.wrongCall("%s has no line; it takes a user agent a line".formatted(file));
            }
            return lines;
        } catch (IOException e) {
            throw CommandException.failed("%s can't be read: %s".formatted(file, e));
        }
    }
}
