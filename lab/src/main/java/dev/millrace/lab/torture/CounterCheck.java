package dev.millrace.lab.torture;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.CounterKeys;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.ArrayList;
import java.util.List;

/** Holds what Redis has at the end against the cursors: same epochs, same totals, nothing left, nothing set aside. */
final class CounterCheck {
    private static final int SCAN = 10_000;

    private final String url;

    /** @param url of Redis */
    CounterCheck(String url) {
        this.url = url;
    }

    List<Difference> against(List<Books.Cursor> cursors) {
        List<Difference> differences = new ArrayList<>();
        try (RedisClient client = RedisClient.create(url)) {
            RedisCommands<String, String> redis = client.connect().sync();
            cursors.forEach(cursor -> compare(redis, cursor, differences));
            quarantined(redis)
                    .forEach(key -> differences.add(new Difference("hashes set aside in Redis", "none", key)));
        }
        return differences;
    }

    private static void compare(
            RedisCommands<String, String> redis, Books.Cursor cursor, List<Difference> differences) {
        CounterKeys names = new CounterKeys(cursor.partition());
        String partition = "partition " + cursor.partition() + ": ";
        String pointer = Long.toString(cursor.settledEpoch() + 1);
        expect(partition + "pointer in Redis", pointer, redis.get(names.epoch()), differences);
        expect(partition + "opening in Redis", "1", redis.get(names.opening()), differences);
        String micros = ControlField.MICROS;
        expect(
                partition + "micros ever counted",
                Long.toString(cursor.micros()),
                redis.hget(names.total(), micros),
                differences);
        expect(
                partition + "events ever counted",
                Long.toString(cursor.events()),
                redis.hget(names.total(), ControlField.EVENTS),
                differences);
        expect(
                partition + "micros in the open epoch",
                "null",
                redis.hget(names.earn(cursor.settledEpoch() + 1), micros),
                differences);
    }

    private static void expect(
            String what,
            String expected,
            @org.jspecify.annotations.Nullable String found,
            List<Difference> differences) {
        if (!expected.equals(String.valueOf(found))) {
            differences.add(new Difference(what, expected, String.valueOf(found)));
        }
    }

    private static List<String> quarantined(RedisCommands<String, String> redis) {
        List<String> found = new ArrayList<>();
        ScanArgs wanted = ScanArgs.Builder.matches("*:quarantine:*").limit(SCAN);
        KeyScanCursor<String> cursor = redis.scan(wanted);
        found.addAll(cursor.getKeys());
        while (!cursor.isFinished()) {
            cursor = redis.scan(ScanCursor.of(cursor.getCursor()), wanted);
            found.addAll(cursor.getKeys());
        }
        return found;
    }
}
