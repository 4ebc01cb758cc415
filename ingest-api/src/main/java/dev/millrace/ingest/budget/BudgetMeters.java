package dev.millrace.ingest.budget;

import dev.millrace.common.catalog.Limits;
import dev.millrace.common.token.Sandbox;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How much of its budget each publisher has spent. Of more than {@value #MOST_PUBLISHERS} publishers it shows those that have spent the largest
 * part; sandboxes come last. For one thread.
 */
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
        if (limits.equals(shown) && accounts.size() <= MOST_PUBLISHERS) {
            return;
        }
        shown = Map.copyOf(limits);
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        mostSpent(accounts).forEach(publisher -> {
            BudgetAccount account = accounts.get(publisher);
            Limits of = limits.getOrDefault(publisher, Limits.NONE);
            if (account != null && of.dayBudget() != null) {
                rows.add(MultiGauge.Row.of(tags(publisher, "day"), account, BudgetAccount::dayRatio));
            }
            if (account != null && of.totalBudget() != null) {
                rows.add(MultiGauge.Row.of(tags(publisher, "total"), account, BudgetAccount::totalRatio));
            }
        });
        ratio.register(rows, true);
    }

    /** @param spent millionths of the budget */
    private record Part(String publisher, long spent) {}

    private static Stream<String> mostSpent(Map<String, BudgetAccount> accounts) {
        return accounts.entrySet().stream()
                .map(one ->
                        new Part(one.getKey(), Math.round(1e6 * one.getValue().ratio())))
                .sorted(Comparator.comparing((Part part) -> Sandbox.isPublisher(part.publisher()))
                        .thenComparing(Comparator.comparingLong(Part::spent).reversed())
                        .thenComparing(Part::publisher))
                .limit(MOST_PUBLISHERS)
                .map(Part::publisher);
    }

    private static Tags tags(String publisher, String budget) {
        return Tags.of("publisher", publisher, "budget", budget);
    }
}
