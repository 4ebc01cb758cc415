package dev.millrace.common.catalog;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.millrace.common.token.Filter;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.util.StdConverter;

/**
 * What a publisher may do, and what of its events is filtered. A limit that is null, or absent from the JSON, is none. The JSON holds only
 * what differs from {@link #NONE}.
 *
 * @param suspended whether its events are refused; null: they are not
 * @param until the second (Unix time) at which a suspension ends by itself; null: a person ends it
 * @param dayBudget most micros that may be counted in a day, UTC
 * @param totalBudget most micros that may be counted in all, beyond those given back
 * @param eventsPerSecond most events a second to one node
 * @param creators the only creators that it may pay; null: any
 * @param newCreatorsPerDay most creators in a day that it has never paid before
 * @param newArticlesPerDay most articles in a day that it has never paid for before
 * @param corrected micros that corrections have given back since the beginning; null: none
 * @param pageTokens whether its page tokens count
 * @param sites the origins that page tokens count for, such as {@code https://example.org}
 * @param filters the filters that are on, by default all; the JSON names those that are off, and a name that this version does not know
 *     is skipped
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Limits(
        @Nullable Boolean suspended,
        @Nullable Long until,
        @Nullable Long dayBudget,
        @Nullable Long totalBudget,
        @Nullable Integer eventsPerSecond,
        @Nullable Set<String> creators,
        @Nullable Integer newCreatorsPerDay,
        @Nullable Integer newArticlesPerDay,
        @Nullable Long corrected,

        @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonSetter(nulls = Nulls.AS_EMPTY)
        boolean pageTokens,

        @JsonInclude(JsonInclude.Include.NON_EMPTY) Set<String> sites,

        @JsonProperty("filtersOff")
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonSerialize(converter = FiltersToNames.class)
        @JsonDeserialize(converter = NamesToFilters.class)
        Set<Filter> filters) {
    /** All of {@link Filter}. */
    public static final Set<Filter> ALL_FILTERS = filters(_ -> true);

    public static final Limits NONE = new Limits(null, null, null, null, null, null, null, null, null);

    /** Without page tokens and sites, and with all filters. */
    public Limits(
            @Nullable Boolean suspended,
            @Nullable Long until,
            @Nullable Long dayBudget,
            @Nullable Long totalBudget,
            @Nullable Integer eventsPerSecond,
            @Nullable Set<String> creators,
            @Nullable Integer newCreatorsPerDay,
            @Nullable Integer newArticlesPerDay,
            @Nullable Long corrected) {
        this(
                suspended,
                until,
                dayBudget,
                totalBudget,
                eventsPerSecond,
                creators,
                newCreatorsPerDay,
                newArticlesPerDay,
                corrected,
                false,
                Set.of(),
                ALL_FILTERS);
    }

    public Limits {
        suspended = Boolean.TRUE.equals(suspended) ? suspended : null;
        creators = creators == null ? null : Set.copyOf(creators);
        corrected = corrected == null || corrected == 0 ? null : corrected;
        sites = sites == null ? Set.of() : Set.copyOf(sites); // absent from the JSON
        filters = filters == null ? ALL_FILTERS : Set.copyOf(filters);
    }

    /** The same limits with other page tokens, sites and filters. */
    public Limits withPages(boolean pageTokens, Set<String> sites, Set<Filter> filters) {
        return new Limits(
                suspended,
                until,
                dayBudget,
                totalBudget,
                eventsPerSecond,
                creators,
                newCreatorsPerDay,
                newArticlesPerDay,
                corrected,
                pageTokens,
                sites,
                filters);
    }

    /** Whether its events are refused at this second. */
    public boolean isSuspended(long second) {
        return suspended != null && (until == null || second < until);
    }

    /** Whether it may pay this creator. */
    public boolean allows(String creator) {
        return creators == null || creators.contains(creator);
    }

    /** Whether what it has spent matters. */
    public boolean hasBudget() {
        return dayBudget != null || totalBudget != null;
    }

    /** Whether it matters which creators and articles are new. */
    public boolean limitsNames() {
        return newCreatorsPerDay != null || newArticlesPerDay != null;
    }

    /** The budget in all, raised by what corrections have given back; {@link Long#MAX_VALUE}: any. */
    public long mostInAll() {
        if (totalBudget == null) {
            return Long.MAX_VALUE;
        }
        return corrected == null ? totalBudget : Math.addExact(totalBudget, corrected);
    }

    /** The budget of a day; {@link Long#MAX_VALUE}: any. */
    public long mostInADay() {
        return dayBudget == null ? Long.MAX_VALUE : dayBudget;
    }

    /** The filters that are on where these names are off. */
    public static Set<Filter> filtersWithout(List<String> off) {
        return filters(filter -> !off.contains(filter.wireName()));
    }

    private static Set<Filter> filters(Predicate<Filter> on) {
        return Arrays.stream(Filter.values()).filter(on).collect(Collectors.toUnmodifiableSet());
    }

    static final class FiltersToNames extends StdConverter<Set<Filter>, List<String>> {
        @Override
        public List<String> convert(Set<Filter> on) {
            return Arrays.stream(Filter.values())
                    .filter(filter -> !on.contains(filter))
                    .map(Filter::wireName)
                    .toList();
        }
    }

    static final class NamesToFilters extends StdConverter<List<String>, Set<Filter>> {
        @Override
        public Set<Filter> convert(List<String> off) {
            return filtersWithout(off);
        }
    }
}
