package dev.millrace.local.command;

import dev.millrace.local.replay.ReplayCounts;
import tools.jackson.databind.node.JsonNodeFactory;

/** The counts of a replay as printed. */
final class CountsReport {
    private CountsReport() {}

    static String json(ReplayCounts counts) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("lines", counts.lines())
                .put("unreadable", counts.unreadable())
                .put("pageViews", counts.pageViews())
                .put("robotsSkipped", counts.robotsSkipped())
                .put("accepted", counts.accepted())
                .put("duplicate", counts.duplicate())
                .put("rejected", counts.rejected())
                .toString();
    }

    static String table(ReplayCounts counts) {
        return String.join(
                System.lineSeparator(),
                line("lines", counts.lines()),
                line("unreadable", counts.unreadable()),
                line("page views", counts.pageViews()),
                line("robots skipped", counts.robotsSkipped()),
                line("accepted", counts.accepted()),
                line("duplicate", counts.duplicate()),
                line("rejected", counts.rejected()));
    }

    private static String line(String name, long count) {
        return "%-14s %10d".formatted(name, count);
    }
}
