package dev.millrace.common.catalog;

import dev.millrace.common.token.EventType;
import java.util.Map;
import java.util.Optional;

/**
 * A version of the price list.
 *
 * @param version from 1
 * @param effectiveAt first second (Unix time) at which it is in force; the first card's is 0
 * @param rates by the type's wire name; a type that is newer than the card has none
 */
public record RateCard(int version, long effectiveAt, Map<String, Rate> rates) {

    public RateCard {
        rates = Map.copyOf(rates);
    }

    /** The rate of this type, or empty when this card does not know the type (a card of another release). */
    public Optional<Rate> rate(EventType type) {
        return Optional.ofNullable(rates.get(type.wireName()));
    }
}
