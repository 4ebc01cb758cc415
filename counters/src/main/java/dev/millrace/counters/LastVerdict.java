package dev.millrace.counters;

import com.google.common.math.LongMath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Verdicts on events under one key, equal ones in a row. It holds no id of an article, a creator, a reader or a token.
 *
 * @param at second of Redis' clock at which the last of them came
 * @param count how many, at least 1
 * @param type of the events; {@link #PAGE}: exchanges of page tokens
 * @param verdict {@code accepted}, {@code duplicate}, {@code filtered:<reason>} or {@code rejected:<code>}
 */
public record LastVerdict(long at, long count, String type, String verdict) {
    /** The type of an exchange of a page token. */
    public static final String PAGE = "page";

    /** The type of an event whose type is none of Millrace's, or missing. */
    public static final String UNKNOWN = "unknown";

    /** What a verdict begins with whose reason follows. */
    public static final String FILTERED = "filtered:";

    /** What a verdict begins with whose code follows. */
    public static final String REJECTED = "rejected:";

    private static final Pattern LINE =
            Pattern.compile("([0-9]{1,12}) ([0-9]{1,18}) ([a-z_]{1,32}) ([a-z]{1,16}(?::[a-z-]{1,40})?)");

    /** Characters of a node's verdicts that are read: somebody may have edited them. */
    private static final int MOST_CHARACTERS = 16_384;

    /**
     * What verdicts are kept apart by, so that many of one kind evict none of another. The signature of an unverified one does not hold, or was
     * not looked at: anybody may have sent it.
     */
    public enum Kind {
        COUNTED(20),
        REFUSED(20),
        UNVERIFIED(10);

        private final int most;

        Kind(int most) {
            this.most = most;
        }

        /** Entries that are kept of a key. */
        public int most() {
            return most;
        }

        /** The kind of a verdict. */
        public static Kind of(String verdict) {
            return switch (verdict) {
                case "accepted", "duplicate" -> COUNTED;
                case "rejected:token-signature", "rejected:key-revoked" -> UNVERIFIED;
                default -> REFUSED;
            };
        }
    }

    /** {@code accepted}, {@code duplicate}, {@code filtered} or {@code rejected}. */
    public String status() {
        int colon = verdict.indexOf(':');
        return colon < 0 ? verdict : verdict.substring(0, colon);
    }

    /** Why they were filtered; null where they were not. */
    public @Nullable String reason() {
        return cause(FILTERED);
    }

    /** Why they were rejected; null where they were not. */
    public @Nullable String code() {
        return cause(REJECTED);
    }

    private @Nullable String cause(String status) {
        return verdict.startsWith(status) ? verdict.substring(status.length()) : null;
    }

    /** The kind of this one. */
    public Kind kind() {
        return Kind.of(verdict);
    }

    /** The line in Redis. */
    public String line() {
        return at + " " + count + " " + type + " " + verdict;
    }

    private static Optional<LastVerdict> parse(String line) {
        Matcher matcher = LINE.matcher(line);
        return matcher.matches()
                ? Optional.of(new LastVerdict(
                        Long.parseLong(matcher.group(1)),
                        Long.parseLong(matcher.group(2)),
                        matcher.group(3),
                        matcher.group(4)))
                : Optional.empty();
    }

    /** A node's verdicts in these lines; lines of another form are left out. */
    static List<LastVerdict> read(String lines) {
        return lines.substring(0, Math.min(lines.length(), MOST_CHARACTERS))
                .lines()
                .flatMap(line -> parse(line).stream())
                .toList();
    }

    /**
     * The last verdicts of several nodes together.
     *
     * @param nodes of each node the newest first
     * @return the newest first, of each kind at most {@link Kind#most}
     */
    public static List<LastVerdict> merge(Collection<List<LastVerdict>> nodes) {
        List<LastVerdict> merged = new ArrayList<>();
        Map<Kind, Integer> lastOf = new EnumMap<>(Kind.class);
        Map<Kind, Integer> entries = new EnumMap<>(Kind.class);
        nodes.stream()
                .flatMap(List::stream)
                .sorted(Comparator.comparingLong(LastVerdict::at).reversed()) // those of one second keep their order
                .forEach(next -> {
                    Kind kind = next.kind();
                    Integer last = lastOf.get(kind);
                    if (last != null && merged.get(last).isLike(next)) {
                        merged.set(last, merged.get(last).and(next));
                    } else if (entries.merge(kind, 1, Integer::sum) <= kind.most()) {
                        lastOf.put(kind, merged.size());
                        merged.add(next);
                    } else {
                        lastOf.remove(kind);
                    }
                });
        return merged;
    }

    private boolean isLike(LastVerdict other) {
        return type.equals(other.type) && verdict.equals(other.verdict);
    }

    private LastVerdict and(LastVerdict older) {
        return new LastVerdict(at, LongMath.saturatedAdd(count, older.count), type, verdict);
    }
}
