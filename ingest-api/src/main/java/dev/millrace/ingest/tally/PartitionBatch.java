package dev.millrace.ingest.tally;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.ingest.verify.Countable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Events of one partition, and the script's keys and arguments for them (tally.lua names them one by one). Their order,
 * share by share, is that of the script's verdicts.
 *
 * @param shares at least one
 */
record PartitionBatch(int partition, List<Share> shares) {
    /**
     * One call of the script.
     *
     * @param untouched the sets that get an expiry by it, by the number of the event that needs it, from 0
     */
    record Call(List<String> keys, List<String> arguments, Map<Integer, String> untouched) {}

    private static final int FIXED_KEYS = 9;
    private static final int DETAIL_CHARACTERS = 48;

    /**
     * @param now Redis' second, as far as the caller knows: it names the generations
     */
    Call call(PartitionView view, String runId, long now, Spans spans, long clockLeap, TouchedSets touched) {
        CounterKeys names = new CounterKeys(partition);
        List<Countable> events =
                shares.stream().map(Share::events).flatMap(List::stream).toList();
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
        Map<Integer, String> untouched = new LinkedHashMap<>();
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
            if (!touched.contains(current)) {
                untouched.put(fingerprints.size(), current);
                expiries.add(Integer.toString(fingerprints.size() + 1));
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
        return new Call(keys, arguments, untouched);
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
