package dev.millrace.common.catalog;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a publisher may do. A limit that is null, or absent from the JSON, is none.
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
        @Nullable Long corrected) {
    public static final Limits NONE = new Limits(null, null, null, null, null, null, null, null, null);

    public Limits {
        suspended = Boolean.TRUE.equals(suspended) ? suspended : null;
        creators = creators == null ? null : Set.copyOf(creators);
        corrected = corrected == null || corrected == 0 ? null : corrected;
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
}
