package dev.millrace.lab.scale;

import dev.millrace.lab.bench.Stage;
import java.util.ArrayList;
import java.util.List;

/** One run: the parts that are asked for, one after another, each with servers of its own. */
record Scale(ScalePlan plan, Stage stage) {
    List<Finding> run() throws Exception {
        List<Finding> findings = new ArrayList<>();
        for (Part part : Part.values()) {
            if (plan.parts().contains(part)) {
                stage.progress().accept("scale: " + part + " …");
                findings.add(measure(part));
            }
        }
        return findings;
    }

    private Finding measure(Part part) throws Exception {
        return switch (part) {
            case GROWTH -> GrowthPart.measure(plan, stage);
            case SETTLEMENT -> SettlementPart.measure(plan, stage);
            case DATABASE -> DatabasePart.measure(plan, stage);
            case START -> StartPart.measure(plan, stage);
            case NODES -> NodesPart.measure(plan, stage);
            case BALANCE -> BalancePart.measure(plan, stage);
            case OUTAGE -> OutagePart.measure(plan, stage);
        };
    }
}
