package dev.millrace.ingest.tally;

import dev.millrace.common.counters.CounterKeys;
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

    private static final int FIXED_KEYS = 9;
    private static final int DETAIL_CHARACTERS = 48;

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
        List<String> keys = new ArrayList<>(FIXED_KEYS + 2 * events.size());
        keys.addAll(List.of(
                names.epoch(),
                names.opening(),
                names.since(),
                names.clock(),
                names.run(),
                names.spans(),
                names.total(),
                names.earn(view.epoch()),
                names.engage(view.epoch())));
        Sums earns = new Sums();
        Sums engages = new Sums();
        StringBuilder details = new StringBuilder(DETAIL_CHARACTERS * events.size());
        List<String> sets = new ArrayList<>(events.size());
        List<String> expiries = new ArrayList<>();
        List<String> fingerprints = new ArrayList<>(events.size());
        long allMayCount = Long.MIN_VALUE;
        long oneExpires = Long.MAX_VALUE;
        long leastIssued = Long.MAX_VALUE;
        for (Countable event : events) {
            long span = spans.secondsFor(event.field().type());
            long generation = now / span;
            int bucket = event.identity().bucket();
            String current = names.seen(span, generation, bucket);
            keys.add(names.seen(span, generation - 1, bucket));
            keys.add(current);
            sets.add(current);
            if (!touched.contains(current)) {
                expiries.add(Integer.toString(sets.size()));
                expiries.add(Long.toString((generation + 2) * span));
            }
            fingerprints.add(Long.toString(event.identity().fingerprint()));
            details.append(earns.add(event.field().earner().encode(), event.micros()))
                    .append(' ')
                    .append(engages.add(event.field().encode(), event.units()))
                    .append(' ')
                    .append(event.micros())
                    .append(' ')
                    .append(event.units())
                    .append(' ')
                    .append(event.issuedAt())
                    .append(' ')
                    .append(event.expiresAt())
                    .append(' ')
                    .append(event.earliest())
                    .append(';');
            allMayCount = Math.max(allMayCount, event.earliest());
            oneExpires = Math.min(oneExpires, event.expiresAt());
            leastIssued = Math.min(leastIssued, event.issuedAt());
        }
        List<String> arguments = new ArrayList<>();
        addAll(arguments, view.epoch(), view.opening());
        arguments.add(runId);
        addAll(
                arguments,
                clockLeap,
                spans.shortSeconds(),
                now / spans.shortSeconds(),
                spans.longSeconds(),
                now / spans.longSeconds(),
                events.size(),
                earns.size(),
                engages.size(),
                allMayCount,
                oneExpires,
                leastIssued);
        arguments.add(details.toString());
        addAll(arguments, expiries.size() / 2);
        arguments.addAll(expiries);
        arguments.addAll(fingerprints);
        earns.appendTo(arguments);
        engages.appendTo(arguments);
        return new Call(keys, arguments, sets);
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
