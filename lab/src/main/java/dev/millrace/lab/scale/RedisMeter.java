package dev.millrace.lab.scale;

import io.lettuce.core.api.sync.RedisCommands;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long commands hold Redis up: it does one at a time. */
final class RedisMeter {
    /** Commands that take longer are remembered one by one. */
    private static final int NOTED_MICROS = 200;

    private static final int MOST_NOTED = 200_000;
    private static final int MICROS = 2;
    private static final int ARGUMENTS = 3;
    private static final Pattern STATISTIC = Pattern.compile("cmdstat_([^:]+):calls=(\\d+),usec=(\\d+)");

    private final RedisCommands<String, String> redis;

    RedisMeter(RedisCommands<String, String> redis) {
        this.redis = redis;
        redis.configSet("slowlog-log-slower-than", Integer.toString(NOTED_MICROS));
        redis.configSet("slowlog-max-len", Integer.toString(MOST_NOTED));
    }

    /**
     * A command's use of Redis.
     *
     * @param calls how often
     * @param millis in all
     * @param longestMillis the longest; 0 when none took more than {@value #NOTED_MICROS} µs
     */
    record Used(long calls, double millis, double longestMillis) {}

    /** Counts from here on. */
    void reset() {
        redis.configResetstat();
        redis.slowlogReset();
    }

    /** By command; those that hardly count are left out. */
    Map<String, Used> used() {
        Map<String, Double> longest = longest();
        Map<String, Used> used = new TreeMap<>();
        Matcher statistic = STATISTIC.matcher(redis.info("commandstats"));
        while (statistic.find()) {
            String command = statistic.group(1);
            double millis = Long.parseLong(statistic.group(3)) / 1_000.0;
            if (millis >= 1 && !command.startsWith("config") && !command.startsWith("slowlog")) {
                used.put(
                        command,
                        new Used(Long.parseLong(statistic.group(2)), millis, longest.getOrDefault(command, 0.0)));
            }
        }
        return used;
    }

    private Map<String, Double> longest() {
        Map<String, Double> longest = new TreeMap<>();
        for (Object entry : redis.slowlogGet(MOST_NOTED)) {
            List<?> fields = (List<?>) entry;
            String command =
                    String.valueOf(((List<?>) fields.get(ARGUMENTS)).getFirst()).toLowerCase(java.util.Locale.ROOT);
            longest.merge(command, ((Long) fields.get(MICROS)) / 1_000.0, Math::max);
        }
        return longest;
    }
}
