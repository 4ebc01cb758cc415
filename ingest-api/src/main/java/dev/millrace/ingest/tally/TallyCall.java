package dev.millrace.ingest.tally;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.ingest.verify.Countable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys and arguments of one call of the script (tally.lua names them one by one). */
final class TallyCall {
    private static final int DETAIL_CHARACTERS = 48;

    private final Spans spans;
    private final long now;
    private final TouchedSets touched;
    private final List<String> keys = new ArrayList<>();
    private final List<String> arguments = new ArrayList<>();

    /**
     * @param now Redis' second, as far as the caller knows: it names the generations
     */
    TallyCall(String runId, long now, Spans spans, long clockLeap, TouchedSets touched) {
        this.spans = spans;
        this.now = now;
        this.touched = touched;
        arguments.add(runId);
        addAll(
                clockLeap,
                spans.shortSeconds(),
                now / spans.shortSeconds(),
                spans.longSeconds(),
                now / spans.longSeconds());
    }

    List<String> keys() {
        return keys;
    }

    List<String> arguments() {
        return arguments;
    }

    /**
     * Adds a section.
     *
     * @return the sets that get an expiry by it, by the number of the event that needs it, from 0
     */
    Map<Integer, String> add(PartitionBatch batch, PartitionView view) {
        CounterKeys names = new CounterKeys(batch.partition());
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
        int size = batch.size();
        Sums earns = new Sums();
        Sums engages = new Sums();
        StringBuilder details = new StringBuilder(DETAIL_CHARACTERS * size);
        Map<Integer, String> untouched = new LinkedHashMap<>();
        List<String> expiries = new ArrayList<>();
        List<String> fingerprints = new ArrayList<>(size);
        long allMayCount = Long.MIN_VALUE;
        long oneExpires = Long.MAX_VALUE;
        long leastIssued = Long.MAX_VALUE;
        for (Share share : batch.shares()) {
            for (Countable event : share.events()) {
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
        }
        addAll(view.epoch(), view.opening(), size, earns.size(), engages.size(), allMayCount, oneExpires, leastIssued);
        arguments.add(details.toString());
        addAll(expiries.size() / 2);
        arguments.addAll(expiries);
        arguments.addAll(fingerprints);
        earns.appendTo(arguments);
        engages.appendTo(arguments);
        return untouched;
    }

    private void addAll(long... numbers) {
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
