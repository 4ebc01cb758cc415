package dev.millrace.common.catalog;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.common.token.Kid;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Publishers and prices in force: one consistent snapshot, immutable.
 *
 * @param revision grows with every change in the database
 * @param publishers every publisher ever created, by id
 * @param cards every rate card ever published: everybody's, then those of each publisher, each by effective time, the oldest first
 */
public record Catalog(long revision, Map<String, Publisher> publishers, List<RateCard> cards) {

    private static final Comparator<RateCard> ORDER =
            Comparator.comparing(Catalog::owner).thenComparingLong(RateCard::effectiveAt);

    public Catalog {
        publishers = Map.copyOf(publishers);
        cards = cards.stream().sorted(ORDER).toList();
        if (cards.isEmpty() || cards.getFirst().publisher() != null) {
            throw new IllegalArgumentException(
                    "catalogue revision %d has no rate card for everybody".formatted(revision));
        }
        for (int i = 1; i < cards.size(); i++) {
            if (ORDER.compare(cards.get(i - 1), cards.get(i)) == 0) {
                throw new IllegalArgumentException(
                        "catalogue revision %d: rate cards %d and %d begin at the same second"
                                .formatted(
                                        revision,
                                        cards.get(i - 1).version(),
                                        cards.get(i).version()));
            }
        }
    }

    /** Whose card it is; the empty text, everybody, comes first. */
    private static String owner(RateCard card) {
        return Objects.requireNonNullElse(card.publisher(), "");
    }

    /**
     * A publisher's keys, and what it may do.
     *
     * @param live numbers of the keys that sign
     * @param revoked numbers of the keys that no longer do
     * @param limits what it may do
     * @param terms of the live keys that have others than {@link Terms#USUAL}, by number
     */
    public record Publisher(
            List<Integer> live,
            List<Integer> revoked,

            @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = NoLimits.class)
            Limits limits,

            @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<Integer, Terms> terms) {
        public Publisher(List<Integer> live, List<Integer> revoked) {
            this(live, revoked, Limits.NONE);
        }

        public Publisher(List<Integer> live, List<Integer> revoked, Limits limits) {
            this(live, revoked, limits, Map.of());
        }

        public Publisher {
            live = List.copyOf(live);
            revoked = List.copyOf(revoked);
            Map<Integer, Terms> ofLive = new HashMap<>(Objects.requireNonNullElse(terms, Map.of()));
            ofLive.keySet().retainAll(live);
            ofLive.values().removeIf(Terms.USUAL::equals);
            terms = Map.copyOf(ofLive);
            limits = Objects.requireNonNullElse(limits, Limits.NONE); // absent from the JSON
        }

        private int highest() {
            int highest = 0;
            for (int number : live) {
                highest = Math.max(highest, number);
            }
            for (int number : revoked) {
                highest = Math.max(highest, number);
            }
            return highest;
        }
    }

    /**
     * On which terms a key signs.
     *
     * @param master version of the master key that its secret is derived from
     * @param expires the first second at which it signs no more; null: none
     */
    public record Terms(
            int master,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Long expires) {
        /** Of the first master key, and without an end. */
        public static final Terms USUAL = new Terms(1, null);

        /** Whether it signs no more at this second. */
        public boolean isOver(long second) {
            return expires != null && expires <= second;
        }
    }

    /** Whether a key signs. */
    public enum KeyState {
        /** It signs. */
        LIVE,

        /** It signs no more. */
        REVOKED,

        /** Its publisher is not known, or its number is above all that are: a later catalogue may know it. */
        NEWER,

        /** It never signed. */
        UNKNOWN
    }

    /** Whether this key signs, as far as this catalogue knows. */
    public KeyState state(Kid kid) {
        Publisher publisher = publishers.get(kid.publisher());
        if (publisher == null) {
            return KeyState.NEWER;
        }
        if (publisher.live().contains(kid.number())) {
            return KeyState.LIVE;
        }
        if (publisher.revoked().contains(kid.number())) {
            return KeyState.REVOKED;
        }
        return kid.number() > publisher.highest() ? KeyState.NEWER : KeyState.UNKNOWN;
    }

    /** The terms of a live key. */
    public Terms terms(Kid kid) {
        Publisher publisher = publishers.get(kid.publisher());
        return publisher == null ? Terms.USUAL : publisher.terms().getOrDefault(kid.number(), Terms.USUAL);
    }

    /** The publisher's limits; a publisher that is not known has none. */
    public Limits limits(String publisher) {
        Publisher known = publishers.get(publisher);
        return known == null ? Limits.NONE : known.limits();
    }

    /**
     * The card that prices a publisher's events at this second: its own newest one in force, otherwise everybody's.
     *
     * @throws IllegalStateException when there is none: the first card applies from the beginning of time
     */
    public RateCard cardAt(String publisher, long second) {
        return inForce(publisher, second)
                .or(() -> inForce("", second))
                .orElseThrow(() -> new IllegalStateException(
                        "no rate card is in force at second %d (catalogue revision %d)".formatted(second, revision)));
    }

    /** The last card of an owner that has begun: a binary search, since there may be many owners. */
    private Optional<RateCard> inForce(String owner, long second) {
        int after = 0;
        int end = cards.size();
        while (after < end) {
            int middle = (after + end) >>> 1;
            int order = owner(cards.get(middle)).compareTo(owner);
            if (order < 0 || (order == 0 && cards.get(middle).effectiveAt() <= second)) {
                after = middle + 1;
            } else {
                end = middle;
            }
        }
        return after > 0 && owner(cards.get(after - 1)).equals(owner)
                ? Optional.of(cards.get(after - 1))
                : Optional.empty();
    }

    /** The card of this version. */
    public Optional<RateCard> card(int version) {
        return cards.stream().filter(card -> card.version() == version).findFirst();
    }

    /** Leaves the limits of a publisher without any out of the JSON. */
    static final class NoLimits {
        @Override
        public boolean equals(@Nullable Object limits) {
            return Limits.NONE.equals(limits);
        }

        @Override
        public int hashCode() {
            return Limits.NONE.hashCode();
        }
    }
}
