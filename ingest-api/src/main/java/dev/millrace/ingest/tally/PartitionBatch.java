package dev.millrace.ingest.tally;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.token.EventType;
import dev.millrace.ingest.verify.Countable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The events of one request that belong to one partition, and the script's keys and arguments for them (tally.lua names
 * them one by one).
 */
final class PartitionBatch {
    /**
     * One call of the script.
     *
     * @param sets the set of each event, in the current generation
     */
    record Call(List<String> keys, List<String> arguments, List<String> sets) {}

    private final int partition;
    private final CounterKeys names;
    private final List<Countable> events = new ArrayList<>();
    private final List<Integer> positions = new ArrayList<>();

    PartitionBatch(int partition) {
        this.partition = partition;
        this.names = new CounterKeys(partition);
    }

    void add(Countable event, int position) {
        events.add(event);
        positions.add(position);
    }

    int partition() {
        return partition;
    }

    /** In the order they were added, which is that of the script's verdicts. */
    List<Countable> events() {
        return events;
    }

    /** Where in the request the i-th event stands. */
    int position(int i) {
        return positions.get(i);
    }

    /**
     * @param now Redis' second, as far as the caller knows: it names the generations
     */
    Call call(PartitionView view, String runId, long now, Spans spans, long clockLeap, TouchedSets touched) {
        List<String> keys = new ArrayList<>(List.of(
                names.epoch(),
                names.opening(),
                names.since(),
                names.clock(),
                names.run(),
                names.spans(),
                names.total(),
                names.earn(view.epoch()),
                names.engage(view.epoch())));
        List<String> arguments = new ArrayList<>();
        Sums earns = new Sums();
        Sums engages = new Sums();
        List<String> sets = new ArrayList<>();
        for (Countable event : events) {
            EventType type = event.field().type();
            long span = spans.secondsFor(type);
            long generation = now / span;
            String current = names.seen(span, generation, event.identity().bucket());
            keys.add(names.seen(span, generation - 1, event.identity().bucket()));
            keys.add(current);
            sets.add(current);
            addAll(
                    arguments,
                    event.identity().fingerprint(),
                    event.expiresAt(),
                    event.issuedAt(),
                    event.earliest(),
                    touched.contains(current) ? 0 : (generation + 2) * span,
                    earns.add(event.field().earner().encode(), event.micros()),
                    engages.add(event.field().encode(), event.units()),
                    event.micros(),
                    event.units());
        }
        List<String> head = new ArrayList<>();
        addAll(head, view.epoch(), view.opening());
        head.add(runId);
        addAll(
                head,
                clockLeap,
                spans.shortSeconds(),
                now / spans.shortSeconds(),
                spans.longSeconds(),
                now / spans.longSeconds(),
                events.size(),
                earns.size(),
                engages.size());
        head.addAll(arguments);
        earns.appendTo(head);
        engages.appendTo(head);
        return new Call(keys, head, sets);
    }

    private static void addAll(List<String> arguments, long... numbers) {
        for (long number : numbers) {
            arguments.add(Long.toString(number));
        }
    }

    /** Sums by field, each with its index from 1. */
    private static final class Sums {
        private final Map<String, Integer> indexes = new HashMap<>();
        private final Map<String, Long> sums = new LinkedHashMap<>();

        int add(String field, long amount) {
            sums.merge(field, amount, Math::addExact);
            return indexes.computeIfAbsent(field, f -> indexes.size() + 1);
        }

        int size() {
            return sums.size();
        }

        void appendTo(List<String> arguments) {
            sums.forEach((field, sum) -> {
                arguments.add(field);
                arguments.add(Long.toString(sum));
            });
        }
    }
}
