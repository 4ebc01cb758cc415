package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import java.util.HashMap;
import java.util.Map;

/**
 * What creators have earned in a round.
 *
 * @param byCreator micros; nobody who has earned nothing
 */
record Earnings(Map<String, Long> byCreator) {
    Earnings {
        byCreator = Map.copyOf(byCreator);
    }

    /** What these events pay, each once. */
    static Earnings of(Events events) {
        Map<String, Long> micros = new HashMap<>();
        for (int i = 0; i < events.size(); i++) {
            micros.merge(events.creator(i), Events.MICROS, Long::sum);
        }
        return new Earnings(micros);
    }

    /** What balances have grown by. */
    static Earnings between(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> micros = new HashMap<>(after);
        before.forEach((creator, had) -> micros.merge(creator, -had, Long::sum));
        micros.values().removeIf(grown -> grown == 0);
        return new Earnings(micros);
    }

    /** In all. */
    long micros() {
        return byCreator.values().stream().mapToLong(Long::longValue).sum();
    }

    /** @throws IllegalStateException naming a creator who has earned something else */
    void mustBe(Earnings expected) {
        expected.byCreator.forEach(this::mustHave);
        byCreator.keySet().forEach(creator -> mustHave(creator, expected.byCreator.getOrDefault(creator, 0L)));
    }

    private void mustHave(String creator, long expected) {
        long earned = byCreator.getOrDefault(creator, 0L);
        if (earned != expected) {
            throw new IllegalStateException(
                    "%s was paid %,d micros instead of %,d".formatted(creator, earned, expected));
        }
    }
}
