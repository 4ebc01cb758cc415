package dev.millrace.counters;

import dev.millrace.common.token.EngagementName;
import java.util.HashMap;
import java.util.Map;

/**
 * The contents of one epoch's keys, in memory.
 *
 * @param earned micros by creator
 * @param spent micros by publisher and day
 * @param engaged units by name, without names whose units were all taken back
 */
public record EpochContents(
        EpochControl control, Map<String, Long> earned, Map<SpentName, Long> spent, Map<EngagementName, Long> engaged) {
    /** Fields that Redis names at a time: it does nothing else meanwhile, for a quarter of a millisecond. */
    public static final int FIELDS = 500;

    /** Entries of a stream that Redis names at a time; one has up to some thousand records. */
    public static final int ENTRIES = 64;

    /** Micros by publisher. */
    public Map<String, Long> spentByPublisher() {
        Map<String, Long> sums = new HashMap<>();
        spent.forEach((name, micros) -> sums.merge(name.publisher(), micros, Math::addExact));
        return sums;
    }

    /** Reads it; nothing where there is none. */
    public static EpochContents read(Link link, String earn, String engage, String folded)
            throws MalformedCountersException {
        Map<String, Long> earned = new HashMap<>();
        Map<SpentName, Long> spent = new HashMap<>();
        EpochControl control = EpochControl.read(link, earn, FIELDS, earned::put, spent::put, () -> {});
        return new EpochContents(control, earned, spent, engaged(link, engage, folded));
    }

    private static Map<EngagementName, Long> engaged(Link link, String engage, String folded)
            throws MalformedCountersException {
        Map<EngagementName, Long> engaged = new HashMap<>();
        EpochReader.records(
                link, engage, folded, ENTRIES, engaged::clear, (name, units) -> add(engaged, name, units), () -> {});
        engaged.values().removeIf(units -> units == 0);
        return engaged;
    }

    private static void add(Map<EngagementName, Long> sums, EngagementName name, long units)
            throws MalformedCountersException {
        try {
            sums.merge(name, units, Math::addExact);
        } catch (ArithmeticException e) {
            throw new MalformedCountersException("units of '%s' are beyond all bounds".formatted(name.encode()));
        }
    }
}
