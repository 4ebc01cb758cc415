package dev.millrace.ingest.tally;

import com.google.errorprone.annotations.FormatMethod;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EngageField;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.counters.Counters;
import dev.millrace.ingest.counters.KnownCounters;
import dev.millrace.ingest.counters.Observation;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Stands where Redis would: takes the calls of tally.lua that the real tally sends, checks every key and argument as the
 * script and the worker will read them, and answers as the script does. Nothing else may reach it.
 */
public final class RecordedRedis {
    private static final String RUN = "run";
    private static final int FIXED_KEYS = 9;
    private static final int LINE_END = ('\r' << 8) | '\n';
    private static final int FIXED_ARGUMENTS = 10;
    private static final int CALL_ARGUMENTS = 6;

    private final Catalog catalog;
    private final long now;
    private final Counters counters;
    private final Set<String> seen = new HashSet<>();
    private int counted;

    /**
     * @param now what Redis' clock says, for good
     */
    public RecordedRedis(Catalog catalog, long now) {
        this.catalog = catalog;
        this.now = now;
        this.counters = KnownCounters.of(new Observation(connection(), RUN, catalog, 16, now * 1_000_000, 0));
    }

    public Counters counters() {
        return counters;
    }

    public Tally tally(IngestSettings settings, MeterRegistry registry) {
        TallyConfiguration configuration = new TallyConfiguration();
        return configuration.tally(settings, counters, configuration.tallyTimer(), registry);
    }

    /** Forgets all it has seen, and tells how many events it had counted. */
    public int counted() {
        int before = counted;
        counted = 0;
        seen.clear();
        return before;
    }

    @SuppressWarnings("unchecked")
    private StatefulRedisConnection<String, String> connection() {
        Object commands = Proxy.newProxyInstance(
                RecordedRedis.class.getClassLoader(),
                new Class<?>[] {RedisAsyncCommands.class},
                (_, method, arguments) -> {
                    require(
                            method.getName().equals("dispatch") && arguments[0] == CommandType.EVALSHA,
                            "nothing but the script is sent: %s",
                            method);
                    return new Answer(run((CommandArgs<?, ?>) arguments[2]));
                });
        return (StatefulRedisConnection<String, String>) Proxy.newProxyInstance(
                RecordedRedis.class.getClassLoader(),
                new Class<?>[] {StatefulRedisConnection.class},
                (_, method, _) -> {
                    require(method.getName().equals("async"), "nothing but async() is asked: %s", method);
                    return commands;
                });
    }

    private List<Object> run(CommandArgs<?, ?> command) {
        ByteBuf written = Unpooled.buffer();
        command.encode(written);
        List<String> strings = bulkStrings(written);
        require(strings.size() == command.count(), "%d strings, said to be %d", strings.size(), command.count());
        int firstArgument = 2 + Integer.parseInt(strings.get(1));
        return run(
                strings.subList(2, firstArgument).toArray(String[]::new),
                strings.subList(firstArgument, strings.size()).toArray(String[]::new));
    }

    /** As Redis reads them: $, length, line end, text, line end. */
    private static List<String> bulkStrings(ByteBuf written) {
        List<String> strings = new ArrayList<>();
        while (written.isReadable()) {
            require(written.readByte() == '$', "a bulk string begins with $");
            int end = written.bytesBefore((byte) '\r');
            int length = Integer.parseInt(written.readString(end, StandardCharsets.US_ASCII));
            require(written.readShort() == LINE_END, "a length ends its line");
            strings.add(written.readString(length, StandardCharsets.UTF_8));
            require(written.readShort() == LINE_END, "a bulk string ends its line");
        }
        return strings;
    }

    private List<Object> run(String[] keys, String[] arguments) {
        require(arguments[0].equals(RUN), "run %s", arguments[0]);
        List<Object> replies = new ArrayList<>();
        int k = 0;
        int a = CALL_ARGUMENTS;
        while (k < keys.length) {
            int events = Integer.parseInt(arguments[a + 2]);
            int fields = Integer.parseInt(arguments[a + 3]) + Integer.parseInt(arguments[a + 4]);
            int expiries = Integer.parseInt(arguments[a + 9]);
            int nextKey = k + FIXED_KEYS + 2 * events;
            int nextArgument = a + FIXED_ARGUMENTS + 2 * expiries + events + 2 * fields;
            require(nextKey <= keys.length && nextArgument <= arguments.length, "a section of %d events", events);
            long shortSpan = number(arguments[2]);
            long longSpan = number(arguments[4]);
            replies.add(count(
                    Arrays.copyOfRange(keys, k, nextKey),
                    Arrays.copyOfRange(arguments, a, nextArgument),
                    shortSpan,
                    longSpan));
            k = nextKey;
            a = nextArgument;
        }
        require(a == arguments.length, "%d arguments after the last section", arguments.length - a);
        return replies;
    }

    private List<Object> count(String[] keys, String[] arguments, long shortSpan, long longSpan) {
        int partition = Integer.parseInt(keys[0].substring(2, 4));
        CounterKeys names = new CounterKeys(partition);
        require(keys[0].equals(names.epoch()), "the first key is the pointer: %s", keys[0]);
        if (!arguments[0].equals("1")) {
            return List.of("moved", now, "1", "1");
        }
        int events = Integer.parseInt(arguments[2]);
        int earns = Integer.parseInt(arguments[3]);
        int engages = Integer.parseInt(arguments[4]);
        require(events >= 1 && events <= IngestSettings.MOST_EVENTS, "%d events", events);
        int expiries = Integer.parseInt(arguments[9]);
        int firstEvent = FIXED_ARGUMENTS + 2 * expiries;
        int firstEarn = firstEvent + events;
        require(keys[7].equals(names.earn(1)) && keys[8].equals(names.engage(1)), "keys %s %s", keys[7], keys[8]);

        requireExpiries(arguments, expiries, events);
        List<String> details = List.of(arguments[8].split(";"));
        require(details.size() == events && arguments[8].endsWith(";"), "details %s", arguments[8]);
        requireTimes(arguments, details);

        int firstEngage = firstEarn + 2 * earns;
        Map<String, Long> earned = new HashMap<>();
        Map<String, Long> engaged = new HashMap<>();
        StringBuilder verdicts = new StringBuilder();
        for (int i = 0; i < events; i++) {
            List<String> event = List.of(details.get(i).split(" "));
            String earn = arguments[firstEarn + 2 * (index(event.get(0), earns) - 1)];
            String engage = arguments[firstEngage + 2 * (index(event.get(1), engages) - 1)];
            EngageField field = checked(event, earn, engage);
            earned.merge(earn, number(event.get(2)), Math::addExact);
            engaged.merge(engage, number(event.get(3)), Math::addExact);
            long span = field.type().rememberedLong() ? longSpan : shortSpan;
            require(keys[FIXED_KEYS + 2 * i + 1].startsWith("{p%02d}:seen:%d:".formatted(partition, span)), "set");
            boolean isNew = seen.add(keys[FIXED_KEYS + 2 * i + 1] + number(arguments[firstEvent + i]));
            counted += isNew ? 1 : 0;
            verdicts.append(isNew ? 'A' : 'D');
        }
        requireSums(arguments, firstEarn, earns, earned);
        requireSums(arguments, firstEngage, engages, engaged);
        return new ArrayList<>(List.of("counted", now, verdicts.toString()));
    }

    private void requireExpiries(String[] arguments, int expiries, int events) {
        for (int i = 0; i < expiries; i++) {
            index(arguments[FIXED_ARGUMENTS + 2 * i], events);
            require(number(arguments[FIXED_ARGUMENTS + 2 * i + 1]) > now, "an expiry that is past");
        }
    }

    private static void requireTimes(String[] arguments, List<String> details) {
        List<long[]> times = details.stream()
                .map(detail -> List.of(detail.split(" ")))
                .map(detail -> new long[] {number(detail.get(4)), number(detail.get(5)), number(detail.get(6))})
                .toList();
        boolean hold = number(arguments[5])
                        == times.stream().mapToLong(t -> t[2]).max().orElseThrow()
                && number(arguments[6])
                        == times.stream().mapToLong(t -> t[1]).min().orElseThrow()
                && number(arguments[7])
                        == times.stream().mapToLong(t -> t[0]).min().orElseThrow();
        require(hold, "times of %s", details);
    }

    /** Index of the earn field, of the engage field, micros, units, iat, exp, earliest. */
    private EngageField checked(List<String> event, String earn, String engage) {
        EngageField field = EngageField.parse(engage);
        require(field.encode().equals(engage), "engage field %s", engage);
        require(field.earner().encode().equals(earn), "earn field %s for %s", earn, engage);
        require(catalog.publishers().containsKey(field.publisher()), "publisher of %s", engage);
        long issued = number(event.get(4));
        long expires = number(event.get(5));
        long earliest = number(event.get(6));
        require(expires > now && expires - issued <= 7_200, "exp %d, iat %d", expires, issued);
        require(issued <= now + 62 && earliest >= issued - 60 && earliest <= now + 2, "iat %d, %d", issued, earliest);
        require(catalog.cardAt(issued).version() == field.rateVersion(), "rate of %s at %d", engage, issued);
        Rate rate = catalog.cardAt(issued).rate(field.type()).orElseThrow();
        long micros = number(event.get(2));
        long units = number(event.get(3));
        require(units >= 1 && units <= rate.cap(), "%d units of %s", units, engage);
        require(micros > 0 && micros == rate.micros() * units, "%d micros of %s", micros, engage);
        return field;
    }

    private static void requireSums(String[] arguments, int first, int count, Map<String, Long> expected) {
        Map<String, Long> given = new HashMap<>();
        for (int i = 0; i < count; i++) {
            given.put(arguments[first + 2 * i], number(arguments[first + 2 * i + 1]));
        }
        require(given.equals(expected), "sums are %s, the events make up %s", given, expected);
    }

    private static int index(String text, int most) {
        int index = Math.toIntExact(number(text));
        require(index >= 1 && index <= most, "index %d of %d", index, most);
        return index;
    }

    private static long number(String text) {
        long number = Long.parseLong(text);
        require(Long.toString(number).equals(text), "'%s' is not how Lua reads a number", text);
        return number;
    }

    @FormatMethod
    private static void require(boolean holds, String what, Object... values) {
        if (!holds) {
            throw new AssertionError("what reached Redis is not valid: " + what.formatted(values));
        }
    }

    /** An answer that is there at once. */
    private static final class Answer extends CompletableFuture<List<Object>> implements RedisFuture<List<Object>> {
        Answer(List<Object> reply) {
            complete(reply);
        }

        @Override
        public @org.jspecify.annotations.Nullable String getError() {
            return null;
        }

        @Override
        public boolean await(long timeout, TimeUnit unit) {
            return true;
        }
    }
}
