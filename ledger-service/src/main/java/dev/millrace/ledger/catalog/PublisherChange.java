package dev.millrace.ledger.catalog;

import dev.millrace.books.Publisher;
import dev.millrace.common.token.Filter;
import dev.millrace.common.token.Sandbox;
import dev.millrace.ledger.act.Remark;
import dev.millrace.ledger.creator.Years;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A change of a publisher as asked for. A field that is absent stays as it is; null removes a limit. Numbers are read as decimals of any size, so that 0.5 micros
 * is refused and not rounded.
 *
 * @param state a suspension takes a reason
 * @param reason of the suspension where the state is named, else of the change
 * @param until when the suspension ends by itself; null: a person ends it
 * @param sites replaces them all; null: none
 * @param filters those that are switched, by name
 */
record PublisherChange(
        @Schema(
                implementation = String.class,
                allowableValues = {Publisher.ACTIVE, Publisher.SUSPENDED})
        @Nullable
        JsonNode state,

        @Schema(implementation = String.class, maxLength = Remark.LONGEST) @Nullable
        JsonNode reason,

        @Schema(implementation = String.class, format = "date-time", nullable = true) @Nullable
        JsonNode until,

        @Schema(implementation = Publisher.Budget.class, nullable = true) @Nullable
        JsonNode budget,

        @Schema(implementation = Integer.class, minimum = "0", nullable = true) @Nullable
        JsonNode eventsPerSecond,

        @Schema(
                implementation = String.class,
                allowableValues = {Publisher.ANY, Publisher.LISTED})
        @Nullable
        JsonNode creators,

        @Schema(implementation = Integer.class, minimum = "0", nullable = true) @Nullable
        JsonNode newCreatorsPerDay,

        @Schema(implementation = Integer.class, minimum = "0", nullable = true) @Nullable
        JsonNode newArticlesPerDay,

        @Schema(implementation = Boolean.class) @Nullable JsonNode pageTokens,

        @ArraySchema(
                maxItems = Publisher.MOST_SITES,
                arraySchema = @Schema(nullable = true),
                schema = @Schema(implementation = String.class, example = "https://example.org"))
        @Nullable
        JsonNode sites,

        @Schema(
                type = "object",
                additionalPropertiesSchema = Boolean.class,
                example = "{\"automation\":false,\"datacenter\":true}")
        @Nullable
        JsonNode filters) {

    /** Far below 2^63, so that what is given back can be added. */
    private static final long MOST_MICROS = 1_000_000_000_000_000_000L;

    private static final String FILTERS =
            Arrays.stream(Filter.values()).map(Filter::wireName).collect(Collectors.joining(", "));

    private static final String DAY = "day";
    private static final String TOTAL = "total";

    /**
     * The publisher with the change.
     *
     * @throws ProblemException {@code limits-invalid}, naming the first value that can't be used
     */
    Publisher applied(Publisher before, Instant now) {
        boolean wasSuspended = before.state().equals(Publisher.SUSPENDED);
        boolean suspended = state == null ? wasSuspended : named("state", state, Publisher.ACTIVE, Publisher.SUSPENDED);
        String why = why();
        if (suspended && !wasSuspended && why == null) {
            throw Problem.LIMITS_INVALID.because("reason is missing; a suspension takes one");
        }
        if (!suspended && until != null && !until.isNull()) {
            throw Problem.LIMITS_INVALID.because("until is given without the state suspended");
        }
        boolean isNewReason = state != null && why != null;
        String listed = creators == null
                ? before.creators()
                : named("creators", creators, Publisher.ANY, Publisher.LISTED) ? Publisher.LISTED : Publisher.ANY;
        return new Publisher(
                before.publisher(),
                before.createdAt(),
                suspended ? Publisher.SUSPENDED : Publisher.ACTIVE,
                suspended ? (isNewReason ? why : before.reason()) : null,
                suspended ? end(before.until(), now) : null,
                budget(before.budget()),
                count("eventsPerSecond", eventsPerSecond, before.eventsPerSecond()),
                listed,
                count("newCreatorsPerDay", newCreatorsPerDay, before.newCreatorsPerDay()),
                count("newArticlesPerDay", newArticlesPerDay, before.newArticlesPerDay()),
                pageTokens == null ? before.pageTokens() : flag("pageTokens", pageTokens),
                sites(before),
                filters(before.filters()),
                before.corrected());
    }

    /** The reason, for the publisher and for the audit. */
    @Nullable
    String why() {
        if (reason == null || reason.isNull()) {
            return null;
        }
        String text = reason.isString() ? reason.asString() : "";
        if (Remark.fault(text) != null) {
            throw invalid("reason", reason, "a text of 1 to 500 characters, none of them a control character");
        }
        return text;
    }

    /** Whether it is the second of two names. */
    private static boolean named(String field, JsonNode value, String first, String second) {
        String name = value.isString() ? value.asString() : "";
        if (!List.of(first, second).contains(name)) {
            throw invalid(field, value, "'%s' or '%s'".formatted(first, second));
        }
        return name.equals(second);
    }

    private @Nullable Instant end(@Nullable Instant before, Instant now) {
        if (until == null) {
            return before;
        }
        return until.isNull() ? null : future(until, now);
    }

    private static Instant future(JsonNode until, Instant now) {
        try {
            Instant end = OffsetDateTime.parse(until.isString() ? until.asString() : "")
                    .toInstant();
            if (end.isAfter(now) && Years.hold(end)) {
                return end;
            }
        } catch (DateTimeException e) {
            // refused below
        }
        throw invalid("until", until, "a time in the future, up to the year 9999, such as 2030-01-01T00:00:00Z");
    }

    private Publisher.Budget budget(Publisher.Budget before) {
        if (budget == null) {
            return before;
        }
        if (budget.isNull()) {
            return new Publisher.Budget(null, null);
        }
        if (!budget.isObject() || !Set.of(DAY, TOTAL).containsAll(budget.propertyNames())) {
            throw invalid("budget", budget, "an object with 'day' and 'total'");
        }
        return new Publisher.Budget(
                whole("budget.day", budget.get(DAY), before.day(), MOST_MICROS),
                whole("budget.total", budget.get(TOTAL), before.total(), MOST_MICROS));
    }

    private List<String> sites(Publisher before) {
        if (sites == null) {
            return before.sites();
        }
        if (sites.isNull()) {
            return List.of();
        }
        if (!sites.isArray() || !sites.valueStream().allMatch(JsonNode::isString)) {
            throw invalid("sites", sites, "a list of origins such as \"https://example.org\"");
        }
        if (sites.size() > Publisher.MOST_SITES) {
            throw Problem.LIMITS_INVALID.because(
                    "sites names %d origins, more than %d", sites.size(), Publisher.MOST_SITES);
        }
        boolean isSandbox = Sandbox.isPublisher(before.publisher());
        return sites.valueStream()
                .map(site -> SiteOrigin.read(site.asString(), isSandbox))
                .distinct()
                .toList();
    }

    private Map<String, Boolean> filters(Map<String, Boolean> before) {
        if (filters == null) {
            return before;
        }
        if (!filters.isObject()) {
            throw invalid("filters", filters, "an object such as {\"automation\":false}");
        }
        Map<String, Boolean> after = new LinkedHashMap<>(before);
        filters.forEachEntry((name, value) -> {
            if (Filter.named(name).isEmpty()) {
                throw Problem.LIMITS_INVALID.because("filters has no '%s'; it takes %s", name, FILTERS);
            }
            after.put(name, flag("filters." + name, value));
        });
        return after;
    }

    private static boolean flag(String field, JsonNode value) {
        if (!value.isBoolean()) {
            throw invalid(field, value, "true or false");
        }
        return value.booleanValue();
    }

    private static @Nullable Integer count(String field, @Nullable JsonNode value, @Nullable Integer before) {
        Long count = whole(field, value, before == null ? null : (long) before, Integer.MAX_VALUE);
        return count == null ? null : Math.toIntExact(count);
    }

    private static @Nullable Long whole(String field, @Nullable JsonNode value, @Nullable Long before, long most) {
        if (value == null) {
            return before;
        }
        if (value.isNull()) {
            return null;
        }
        try {
            long whole = value.isNumber() ? value.decimalValue().longValueExact() : -1;
            if (whole >= 0 && whole <= most) {
                return whole;
            }
        } catch (ArithmeticException e) {
            // refused below
        }
        throw invalid(field, value, "a whole number from 0 to %d, or null for no limit".formatted(most));
    }

    private static ProblemException invalid(String field, JsonNode value, String rule) {
        return Problem.LIMITS_INVALID.because("%s %s is not %s", field, value.toString(), rule);
    }
}
