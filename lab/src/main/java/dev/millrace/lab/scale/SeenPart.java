package dev.millrace.lab.scale;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.identity.Identity;
import dev.millrace.lab.bench.Stage;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.SeenMemory;
import dev.millrace.lab.stack.SwitchedRedis;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.RedisServer;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What remembering an identity takes of Redis, by how many share a set: the sets of one partition in two generations are filled, then
 * events that are in neither are looked up and added as tally.lua does it, without a file.
 */
final class SeenPart {
    /** The last one is more than Redis packs. */
    private static final List<Integer> MEMBERS = List.of(60, 600, 2_400, 8_000, 16_000, 24_000);

    private static final int EARLIER = 1;
    private static final int CURRENT = 2;
    private static final int CALLS = 400;
    private static final int EVENTS = 100;
    private static final int LOT = 1_000;

    /** KEYS: for each event its set in the generation before and in the current one. ARGV: the events' fingerprints. */
    private static final String COUNT = """
            local added = 0
            for i = 1, #ARGV do
                if redis.call('SISMEMBER', KEYS[2 * i - 1], ARGV[i]) == 0 then
                    added = added + redis.call('SADD', KEYS[2 * i], ARGV[i])
                end
            end
            return added
            """;

    private final Stage stage;
    private final RedisCommands<String, String> redis;
    private final RedisMeter meter;
    private final CounterKeys keys = new CounterKeys(0);
    private final SplittableRandom random;

    private SeenPart(ScalePlan plan, Stage stage, RedisCommands<String, String> redis) {
        this.stage = stage;
        this.redis = redis;
        this.meter = new RedisMeter(redis);
        this.random = new SplittableRandom(plan.seed());
    }

    static Seen measure(ScalePlan plan, Stage stage) throws Exception {
        RedisServer server = RedisServer.start(stage.place("seen"), 0, Durability.RELAXED);
        try (SwitchedRedis redis = new SwitchedRedis(server)) {
            redis.set(Aof.OFF);
            SeenPart part = new SeenPart(plan, stage, redis.commands());
            List<Seen.Size> sizes = new ArrayList<>();
            List<String> failures = new ArrayList<>();
            for (int members : MEMBERS) {
                sizes.add(part.measure(members, failures));
            }
            return new Seen(redis.description(), sizes, failures);
        } finally {
            server.stop();
        }
    }

    private Seen.Size measure(int members, List<String> failures) {
        redis.flushall();
        for (int bucket = 0; bucket < Identity.BUCKETS; bucket++) {
            fill(keys.seen(Seen.SPAN, EARLIER, bucket), members);
            fill(keys.seen(Seen.SPAN, CURRENT, bucket), members);
        }
        String encoding = Objects.requireNonNull(redis.objectEncoding(keys.seen(Seen.SPAN, CURRENT, 0)));
        SeenMemory memory = SeenMemory.of(redis);
        double bytes = (double) memory.bytes() / memory.identities();
        meter.reset();
        long added = 0;
        for (int call = 0; call < CALLS; call++) {
            added += count();
        }
        if (added != (long) CALLS * EVENTS) {
            failures.add("%,d members: of %,d events %,d were new".formatted(members, CALLS * EVENTS, added));
        }
        var used = meter.used();
        stage.progress().accept("%,d identities in each set, %s".formatted(members, encoding));
        return new Seen.Size(members, encoding, bytes, micros(used.get("sismember")), micros(used.get("sadd")));
    }

    private static double micros(RedisMeter.@Nullable Used used) {
        return used == null ? 0 : 1_000 * used.millis() / used.calls();
    }

    /** Members come in order, so that a packed set grows at its end and filling is quick. */
    private void fill(String set, int members) {
        long[] fingerprints = random.longs(members).sorted().toArray();
        for (int from = 0; from < members; from += LOT) {
            redis.sadd(
                    set,
                    IntStream.range(from, Math.min(members, from + LOT))
                            .mapToObj(i -> Long.toString(fingerprints[i]))
                            .toArray(String[]::new));
        }
    }

    private long count() {
        String[] sets = new String[2 * EVENTS];
        String[] fingerprints = new String[EVENTS];
        for (int i = 0; i < EVENTS; i++) {
            int bucket = random.nextInt(Identity.BUCKETS);
            sets[2 * i] = keys.seen(Seen.SPAN, EARLIER, bucket);
            sets[2 * i + 1] = keys.seen(Seen.SPAN, CURRENT, bucket);
            fingerprints[i] = Long.toString(random.nextLong());
        }
        return Objects.requireNonNull(redis.<Long>eval(COUNT, ScriptOutputType.INTEGER, sets, fingerprints));
    }
}
