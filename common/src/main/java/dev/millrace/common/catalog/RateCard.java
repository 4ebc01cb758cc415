package dev.millrace.common.catalog;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.common.token.EventType;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A version of the price list.
 *
 * @param version from 1
 * @param effectiveAt first second (Unix time) at which it is in force; the first card's is 0
 * @param publisher whose events it prices; null: those of everybody who has no card in force
 * @param rates by the type's wire name; a type that is newer than the card has none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RateCard(
        int version, long effectiveAt, @Nullable String publisher, Map<String, Rate> rates) {

    public RateCard {
        rates = Map.copyOf(rates);
    }

    /** Everybody's card. */
    public RateCard(int version, long effectiveAt, Map<String, Rate> rates) {
        this(version, effectiveAt, null, rates);
    }

    /** The rate of this type, or empty when this card does not know the type (a card of another release). */
    public Optional<Rate> rate(EventType type) {
        return Optional.ofNullable(rates.get(type.wireName()));
    }
}
