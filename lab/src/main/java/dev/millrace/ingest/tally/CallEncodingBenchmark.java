package dev.millrace.ingest.tally;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.ingest.verify.Countable;
import dev.millrace.lab.jmh.EventBenchmark;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * From 1,024 verified events to bytes of Redis' protocol: what each of them adds to a call, and a whole call; ours, and Lettuce's
 * arguments.
 */
public class CallEncodingBenchmark extends EventBenchmark {
    private static final String SCRIPT = "0123456789abcdef0123456789abcdef01234567";
    private static final Spans SPANS = new Spans(7_800, 2_764_800);
    private static final long CLOCK_LEAP = 3_600;
    private static final PartitionView VIEW = new PartitionView(29_000_000, 1);
    private static final int EVENT_BYTES = 128;

    private final List<Countable> events = SampleEvents.ofOneCall();
    private final List<PartitionBatch> batches = SampleEvents.batches(events);
    private final TouchedSets touched = new TouchedSets();
    private final String prefix =
            new CounterKeys(0).seenPrefix(SPANS.shortSeconds(), SampleEvents.NOW / SPANS.shortSeconds());
    private final byte[] prefixBytes = prefix.getBytes(StandardCharsets.US_ASCII);
    private final ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer(1 << 20);
    private final List<String> callTexts;

    public CallEncodingBenchmark() {
        TallyCall first = new TallyCall(events.size(), SCRIPT, SampleEvents.NOW, SPANS, CLOCK_LEAP, touched);
        for (PartitionBatch batch : batches) {
            first.add(batch, VIEW).forEach(TallyCall.Untouched::touch);
        }
        callTexts = texts(writtenCall());
    }

    /** An event's two sets and its fingerprint. */
    @Benchmark
    @OperationsPerInvocation(SampleEvents.CALL)
    public ByteBuf millrace() {
        BulkStrings arguments = new BulkStrings(EVENT_BYTES * SampleEvents.CALL);
        for (Countable event : events) {
            int bucket = event.identity().bucket();
            arguments
                    .add(prefixBytes, bucket)
                    .add(prefixBytes, bucket)
                    .add(event.identity().fingerprint());
        }
        out.clear();
        arguments.writeTo(out);
        return out;
    }

    @Benchmark
    @OperationsPerInvocation(SampleEvents.CALL)
    public ByteBuf lettuce() {
        CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8);
        for (Countable event : events) {
            int bucket = event.identity().bucket();
            arguments
                    .addKey(prefix + bucket)
                    .addKey(prefix + bucket)
                    .add(event.identity().fingerprint());
        }
        out.clear();
        arguments.encode(out);
        return out;
    }

    /** With its sums and all that an event needs where it does not count, in sixteen sections. */
    @Benchmark
    @OperationsPerInvocation(SampleEvents.CALL)
    public ByteBuf millraceCall() {
        return writtenCall();
    }

    private ByteBuf writtenCall() {
        TallyCall call = new TallyCall(SampleEvents.CALL, SCRIPT, SampleEvents.NOW, SPANS, CLOCK_LEAP, touched);
        for (PartitionBatch batch : batches) {
            call.add(batch, VIEW);
        }
        out.clear();
        call.with(SCRIPT).encode(out);
        return out;
    }

    /** The arguments of the same call, which it is given ready, as texts. */
    @Benchmark
    @OperationsPerInvocation(SampleEvents.CALL)
    public ByteBuf lettuceCall() {
        CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8);
        for (String text : callTexts) {
            arguments.add(text);
        }
        out.clear();
        arguments.encode(out);
        return out;
    }

    /** Bulk strings, of ASCII, as texts. */
    private static List<String> texts(ByteBuf bulkStrings) {
        String[] lines = bulkStrings.toString(StandardCharsets.US_ASCII).split("\r\n", -1);
        List<String> texts = new ArrayList<>();
        for (int i = 1; i < lines.length; i += 2) {
            texts.add(lines[i]);
        }
        return texts;
    }
}
