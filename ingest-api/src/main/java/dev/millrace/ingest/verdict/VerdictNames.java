package dev.millrace.ingest.verdict;

import dev.millrace.common.token.Filter;
import dev.millrace.counters.LastVerdict;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.RejectionCode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Numbers the verdicts, so that an array counts them: accepted, duplicate, then each filter, then each code. Their names are those in Redis. */
final class VerdictNames {
    private static final int ACCEPTED = 0;
    private static final int DUPLICATE = 1;
    private static final Map<String, Integer> REASONS = new HashMap<>();
    private static final Map<RejectionCode, Integer> CODES = new EnumMap<>(RejectionCode.class);
    private static final List<String> NAMES = named();
    private static final List<LastVerdict.Kind> KINDS =
            NAMES.stream().map(LastVerdict.Kind::of).toList();

    /** How many there are. */
    static final int COUNT = NAMES.size();

    private VerdictNames() {}

    private static List<String> named() {
        List<String> names = new ArrayList<>(List.of("accepted", "duplicate"));
        for (Filter filter : Filter.values()) {
            REASONS.put(filter.wireName(), names.size());
            names.add(LastVerdict.FILTERED + filter.wireName());
        }
        for (RejectionCode code : RejectionCode.values()) {
            CODES.put(code, names.size());
            names.add(LastVerdict.REJECTED + code.wireName());
        }
        return List.copyOf(names);
    }

    /** The number of an outcome's verdict, below {@link #COUNT}. */
    static int number(Outcome outcome) {
        return switch (outcome.status()) {
            case ACCEPTED -> ACCEPTED;
            case DUPLICATE -> DUPLICATE;
            case FILTERED -> Objects.requireNonNull(REASONS.get(outcome.reason()));
            case REJECTED -> Objects.requireNonNull(CODES.get(outcome.code()));
        };
    }

    static String name(int number) {
        return NAMES.get(number);
    }

    static LastVerdict.Kind kind(int number) {
        return KINDS.get(number);
    }
}
