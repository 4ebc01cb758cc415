package dev.millrace.common.catalog;

import dev.millrace.common.token.Kid;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Publishers and prices in force: one consistent snapshot, immutable.
 *
 * @param revision grows with every change in the database
 * @param publishers every publisher ever created, by id
 * @param cards every rate card ever published, by effective time, the oldest first
 */
public record Catalog(long revision, Map<String, Publisher> publishers, List<RateCard> cards) {

    public Catalog {
        publishers = Map.copyOf(publishers);
        cards = List.copyOf(cards);
        if (cards.isEmpty()) {
            throw new IllegalArgumentException("catalogue revision %d has no rate card".formatted(revision));
        }
        for (int i = 1; i < cards.size(); i++) {
            if (cards.get(i - 1).effectiveAt() >= cards.get(i).effectiveAt()) {
                throw new IllegalArgumentException("catalogue revision %d: rate card %d does not begin after card %d"
                        .formatted(
                                revision,
                                cards.get(i).version(),
                                cards.get(i - 1).version()));
            }
        }
    }

    /**
     * A publisher's keys.
     *
     * @param live numbers of the keys that sign
     * @param revoked numbers of the keys that no longer do
     */
    public record Publisher(List<Integer> live, List<Integer> revoked) {
        public Publisher {
            live = List.copyOf(live);
            revoked = List.copyOf(revoked);
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

    /**
     * The card in force at this second.
     *
     * @throws IllegalStateException when there is none: the first card applies from the beginning of time
     */
    public RateCard cardAt(long second) {
        for (int i = cards.size() - 1; i >= 0; i--) {
            if (cards.get(i).effectiveAt() <= second) {
                return cards.get(i);
            }
        }
        throw new IllegalStateException(
                "no rate card is in force at second %d (catalogue revision %d)".formatted(second, revision));
    }

    /** The card of this version. */
    public Optional<RateCard> card(int version) {
        return cards.stream().filter(card -> card.version() == version).findFirst();
    }
}
