package dev.millrace.ingest.budget;

import dev.millrace.common.catalog.Limits;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How much of its budget each publisher has spent; at most {@value #MOST_PUBLISHERS} of them, the first by id. For one thread. */
final class BudgetMeters {
    private static final int MOST_PUBLISHERS = 1_000;

    private final MultiGauge ratio;
    private Map<String, Limits> shown = Map.of();

    BudgetMeters(MeterRegistry registry) {
        this.ratio = MultiGauge.builder("millrace.publisher.budget.ratio")
                .description("Part of a publisher's budget that is spent, 1 is all")
                .register(registry);
    }

    void show(Map<String, BudgetAccount> accounts, Map<String, Limits> limits) {
        if (limits.equals(shown)) {
            return;
        }
        shown = Map.copyOf(limits);
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        new TreeMap<>(accounts).entrySet().stream().limit(MOST_PUBLISHERS).forEach(one -> {
            Limits of = limits.getOrDefault(one.getKey(), Limits.NONE);
            if (of.dayBudget() != null) {
                rows.add(MultiGauge.Row.of(tags(one.getKey(), "day"), one.getValue(), BudgetAccount::dayRatio));
            }
            if (of.totalBudget() != null) {
                rows.add(MultiGauge.Row.of(tags(one.getKey(), "total"), one.getValue(), BudgetAccount::totalRatio));
            }
        });
        ratio.register(rows, true);
    }

    private static Tags tags(String publisher, String budget) {
        return Tags.of("publisher", publisher, "budget", budget);
    }
}
