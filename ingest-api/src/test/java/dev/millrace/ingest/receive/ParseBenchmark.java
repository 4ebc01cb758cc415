package dev.millrace.ingest.receive;

import dev.millrace.ingest.benchmark.EventBenchmark;
import dev.millrace.ingest.benchmark.SampleTokens;
import dev.millrace.ingest.verify.Event;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * From a body's bytes to its events, one or an array of 1,000: ours, Jackson's data binding (what a controller with a {@code
 * @RequestBody} does), and Jackson's tree.
 */
public class ParseBenchmark extends EventBenchmark {
    private static final int BATCH = 1_000;

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final byte[][] single;
    private final byte[] batch;

    /** An event as data binding makes it. */
    public record Bound(
            @Nullable String token,
            @Nullable String type,
            @Nullable String key) {}

    public ParseBenchmark() {
        List<String> events = IntStream.range(0, EVENTS)
                .mapToObj(i -> event(SampleTokens.token(i), i))
                .toList();
        single = events.stream().map(ParseBenchmark::bytes).toArray(byte[][]::new);
        batch = bytes(events.stream().limit(BATCH).collect(Collectors.joining(",", "[", "]")));
    }

    /** Every fourth is a reaction, which takes a key. */
    private static String event(String token, int number) {
        return number % 4 == 0
                ? "{\"token\":\"%s\",\"type\":\"reaction\",\"key\":\"like\"}".formatted(token)
                : "{\"token\":\"%s\",\"type\":\"view\"}".formatted(token);
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    @Benchmark
    public List<Event> millrace() {
        byte[] body = single[next()];
        return EventParser.parse(body, body.length);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public List<Event> millraceBatch() {
        return EventParser.parse(batch, batch.length);
    }

    @Benchmark
    public Bound binding() {
        return MAPPER.readValue(single[next()], Bound.class);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public Bound[] bindingBatch() {
        return MAPPER.readValue(batch, Bound[].class);
    }

    @Benchmark
    public Bound tree() {
        return bound(MAPPER.readTree(single[next()]));
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public List<Bound> treeBatch() {
        List<Bound> events = new ArrayList<>();
        for (JsonNode event : MAPPER.readTree(batch)) {
            events.add(bound(event));
        }
        return events;
    }

    private static Bound bound(JsonNode event) {
        return new Bound(text(event, "token"), text(event, "type"), text(event, "key"));
    }

    private static @Nullable String text(JsonNode event, String name) {
        JsonNode value = event.get(name);
        return value == null ? null : value.stringValue();
    }
}
