package dev.millrace.lab.path;

import com.google.common.base.Splitter;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The table of docs/reference/metrics.md. */
final class DocumentedMetrics {
    private static final Pattern NAME = Pattern.compile("`([a-z_]+)`");
    private static final Pattern TYPE_OF_TIMER = Pattern.compile("\\btimer\\b");
    private static final int CELLS = 7;

    private DocumentedMetrics() {}

    /**
     * The series that a service has from its start, timers by their count.
     *
     * <p>Those with labels are left out: a series may begin when its first event comes.
     */
    static Set<String> of(Part service) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<String> lines = Files.lines(WholePath.ROOT.resolve("docs/reference/metrics.md"))) {
            lines.filter(line -> line.startsWith("| `"))
                    .map(line -> Splitter.on('|').trimResults().splitToList(line))
                    .filter(cells -> cells.size() >= CELLS && isOf(service, cells))
                    .forEach(cells -> NAME.matcher(cells.get(1))
                            .results()
                            .forEach(name -> names.add(series(name.group(1), cells.get(2)))));
        }
        return names;
    }

    private static boolean isOf(Part service, List<String> cells) {
        return cells.get(4).isEmpty()
                && (cells.get(5).equals("all") || cells.get(5).equals(service.label()));
    }

    private static String series(String name, String type) {
        return TYPE_OF_TIMER.matcher(type).find() ? name + "_count" : name;
    }
}
