package dev.millrace.lab.scale;

import dev.millrace.lab.report.Grid;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * Several nodes that count for one creator at the same time.
 *
 * @param perSecond events/s of each node
 * @param calls of scripts
 * @param longestMillis the longest run of a script
 */
record Nodes(List<Double> perSecond, long calls, double longestMillis, List<String> failures) implements Finding {
    Nodes {
        perSecond = List.copyOf(perSecond);
        failures = List.copyOf(failures);
    }

    @Override
    public Part part() {
        return Part.NODES;
    }

    @Override
    public void addTo(ObjectNode node) {
        var array = node.putArray("eventsPerSecond");
        perSecond.forEach(each -> array.add(Figure.of(each)));
        node.put("calls", calls).put("longestMs", Figure.of(longestMillis));
    }

    @Override
    public String text() {
        Grid grid = new Grid(Set.of());
        grid.add("node", "events/s");
        for (int i = 0; i < perSecond.size(); i++) {
            grid.add(Integer.toString(i + 1), "%,.0f".formatted(perSecond.get(i)));
        }
        return "\n%d nodes, one creator, %,d events under way at each: %,d runs of scripts, the longest %.1f ms.\n"
                        .formatted(perSecond.size(), NodesPart.UNDER_WAY, calls, longestMillis)
                + grid;
    }
}
