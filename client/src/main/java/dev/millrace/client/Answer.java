package dev.millrace.client;

import java.util.List;
import java.util.Optional;

/** What became of one request. */
sealed interface Answer {
    /** The header's value, where the answer had one. */
    default Optional<String> retryAfter() {
        return Optional.empty();
    }

    /** One outcome an event, in their order. */
    record Told(List<Outcome> outcomes, Optional<String> retryAfter) implements Answer {}

    /** The request may be sent again. */
    record Later(String trouble, Optional<String> retryAfter) implements Answer {}

    /** The request is larger than the edge, or a proxy in front of it, takes. */
    record TooLarge(String trouble) implements Answer {}

    /** The request would be refused again. */
    record Refused(String trouble) implements Answer {}
}
