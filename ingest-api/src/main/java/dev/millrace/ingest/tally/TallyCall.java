package dev.millrace.ingest.tally;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.ingest.verify.Countable;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys and arguments of one call of the script (tally.lua names them one by one), written out as they are sent. */
final class TallyCall {
    /** What an event takes, more or less. */
    private static final int EVENT_KEYS = 80;

    private static final int EVENT_ARGUMENTS = 160;
    private static final int EVENT_DETAILS = 48;
    private static final int EVENT_FINGERPRINT = 28;

    private final Spans spans;
    private final long now;
    private final TouchedSets touched;
    private final BulkStrings keys;
    private final BulkStrings arguments;

    /**
     * @param events that it will have, more or less
     * @param now Redis' second, as far as the caller knows: it names the generations
     */
    TallyCall(int events, String runId, long now, Spans spans, long clockLeap, TouchedSets touched) {
        this.spans = spans;
        this.now = now;
        this.touched = touched;
        this.keys = new BulkStrings(1_024 + EVENT_KEYS * events);
        this.arguments = new BulkStrings(1_024 + EVENT_ARGUMENTS * events);
        arguments
                .add(runId)
                .add(clockLeap)
                .add(spans.shortSeconds())
                .add(now / spans.shortSeconds())
                .add(spans.longSeconds())
                .add(now / spans.longSeconds());
    }

    /** A set that gets its expiry by this call, if the event of this number, from 0, is new. */
    record Untouched(int event, TouchedSets.Buckets buckets, int bucket) {
        void touch() {
            buckets.add(bucket);
        }
    }

    /**
     * Arguments of EVALSHA or EVAL.
     *
     * @param script its hash or its text
     */
    CommandArgs<String, String> with(String script) {
        BulkStrings first = new BulkStrings(script.length() + 64).add(script).add(keys.count());
        return new WrittenOut(first);
    }

    private final class WrittenOut extends CommandArgs<String, String> {
        private final BulkStrings first;

        WrittenOut(BulkStrings first) {
            super(StringCodec.UTF8);
            this.first = first;
        }

        @Override
        public int count() {
            return first.count() + keys.count() + arguments.count();
        }

        @Override
        public void encode(ByteBuf out) {
            first.writeTo(out);
            keys.writeTo(out);
            arguments.writeTo(out);
        }
    }

    /** The sets of a span in one partition, now. */
    private static final class Generation {
        private final byte[] previous;
        private final byte[] current;
        private final TouchedSets.Buckets touched;
        private final long expiresAt;

        Generation(CounterKeys names, long span, long now, TouchedSets touched) {
            long number = now / span;
            String prefix = names.seenPrefix(span, number);
            this.previous = names.seenPrefix(span, number - 1).getBytes(StandardCharsets.US_ASCII);
            this.current = prefix.getBytes(StandardCharsets.US_ASCII);
            this.touched = touched.in(prefix);
            this.expiresAt = (number + 2) * span;
        }
    }

    /**
     * Adds a section.
     *
     * @return the sets that need an expiry
     */
    List<Untouched> add(PartitionBatch batch, PartitionView view) {
        CounterKeys names = new CounterKeys(batch.partition());
        keys.add(names.epoch())
                .add(names.opening())
                .add(names.since())
                .add(names.clock())
                .add(names.run())
                .add(names.spans())
                .add(names.total())
                .add(names.earn(view.epoch()))
                .add(names.engage(view.epoch()));
        Generation ofShort = new Generation(names, spans.shortSeconds(), now, touched);
        Generation ofLong = new Generation(names, spans.longSeconds(), now, touched);
        int size = batch.size();
        Sums earns = new Sums();
        Sums engages = new Sums();
        StringBuilder details = new StringBuilder(EVENT_DETAILS * size);
        List<Untouched> untouched = new ArrayList<>();
        BulkStrings expiries = new BulkStrings(64);
        BulkStrings fingerprints = new BulkStrings(EVENT_FINGERPRINT * size);
        long allMayCount = Long.MIN_VALUE;
        long oneExpires = Long.MAX_VALUE;
        long leastIssued = Long.MAX_VALUE;
        for (Share share : batch.shares()) {
            for (Countable event : share.events()) {
                Generation generation = event.field().type().rememberedLong() ? ofLong : ofShort;
                int bucket = event.identity().bucket();
                keys.add(generation.previous, bucket).add(generation.current, bucket);
                if (!generation.touched.contains(bucket)) {
                    untouched.add(new Untouched(fingerprints.count(), generation.touched, bucket));
                    expiries.add(fingerprints.count() + 1).add(generation.expiresAt);
                }
                fingerprints.add(event.identity().fingerprint());
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
        arguments
                .add(view.epoch())
                .add(view.opening())
                .add(size)
                .add(earns.size())
                .add(engages.size())
                .add(allMayCount)
                .add(oneExpires)
                .add(leastIssued)
                .add(details.toString())
                .add(expiries.count() / 2)
                .addAll(expiries)
                .addAll(fingerprints);
        earns.appendTo(arguments);
        engages.appendTo(arguments);
        return untouched;
    }

    /** Sums by field, each with its index from 1. */
    private static final class Sums {
        private final Map<String, Sum> sums = new LinkedHashMap<>();

        private static final class Sum {
            private final int index;
            private long amount;

            Sum(int index) {
                this.index = index;
            }
        }

        int add(String field, long amount) {
            Sum sum = sums.computeIfAbsent(field, f -> new Sum(sums.size() + 1));
            sum.amount = Math.addExact(sum.amount, amount);
            return sum.index;
        }

        int size() {
            return sums.size();
        }

        void appendTo(BulkStrings arguments) {
            sums.forEach((field, sum) -> arguments.add(field).add(sum.amount));
        }
    }
}
