package dev.millrace.ledger.engagement;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.books.Engagement;
import dev.millrace.books.Filtered;
import dev.millrace.common.token.EventType;
import dev.millrace.ledger.balance.LiveBalance;
import dev.millrace.ledger.creator.Amount;
import dev.millrace.ledger.creator.Corrected;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.ledger.creator.DateRange;
import dev.millrace.ledger.creator.LargeReads;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/creators/{creator}/engagement}. */
@RestController
@Tag(name = "Creators")
public final class EngagementEndpoint {
    private static final int STANDARD_LIMIT = 100;
    private static final int MOST = 1_000;

    private final Engagement engagement;
    private final LiveBalance balances;
    private final LargeReads largeReads;
    private final Clock clock;
    private final String currency;

    EngagementEndpoint(LiveBalance balances, LargeReads largeReads, Clock clock, LedgerSettings settings) {
        this.engagement = new Engagement(largeReads.jdbc());
        this.balances = balances;
        this.largeReads = largeReads;
        this.clock = clock;
        this.currency = settings.currency();
    }

    /** The totals of a type, gross. Nothing that was filtered is in them. */
    record Total(
            @Schema(example = "view") String type,
            long units,
            @JsonUnwrapped Amount brought,
            Corrected corrected) {}

    /**
     * The visits of an article.
     *
     * @param count visits that began at it
     * @param views of known visitors, in whichever visit
     * @param readSeconds likewise
     */
    record Sessions(long count, long views, long readSeconds) {}

    /**
     * The totals of a type on one article, gross.
     *
     * @param units paid ones; 0: all was filtered, or there were visits only
     * @param filtered units of this type that were not paid, and what they would have brought; in no other field, and in no total
     * @param sources views by the source that readers came from, of those whose source is known; null: the type is not view
     * @param sessions null: the type is not view
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Article(
            @Schema(example = "/a") String article,
            @Schema(example = "demo") String publisher,
            @Schema(example = "view") String type,
            long units,
            @JsonUnwrapped Amount brought,
            Corrected corrected,
            List<Filtered> filtered,

            @Schema(example = "{\"search\":3}", nullable = true) @Nullable
            Map<String, Long> sources,

            @Schema(nullable = true) @Nullable Sessions sessions) {}

    /**
     * The answer.
     *
     * @param totals over the whole range, whether or not the articles are truncated
     * @param articles the best earners first
     * @param truncated whether there are more articles than the limit
     */
    record Report(
            String creator,
            @Schema(example = "USD") String currency,
            LocalDate from,
            LocalDate to,
            List<Total> totals,
            List<Article> articles,
            boolean truncated) {}

    @Operation(
            summary =
                    "Units and micros by article, settled ones, of the days from 'from' to 'to' (UTC, both inclusive), with what corrections took back of them, filtered units, views by source, and visits")
    @Problems({
        Problem.CREATOR_INVALID,
        Problem.RANGE_INVALID,
        Problem.LIMIT_INVALID,
        Problem.CREATOR_UNKNOWN,
        Problem.TOO_MANY_REQUESTS,
        Problem.OVERLOADED,
        Problem.COUNTERS_UNAVAILABLE
    })
    @GetMapping(path = "/v1/creators/{creator}/engagement", produces = MediaType.APPLICATION_JSON_VALUE)
    Report engagement(
            @PathVariable("creator") String id,
            @Parameter(description = "first day; default: 29 days before 'to'", schema = @Schema(format = "date"))
                    @RequestParam(name = "from", required = false)
                    @Nullable
                    String from,
            @Parameter(description = "last day; default: today", schema = @Schema(format = "date"))
                    @RequestParam(name = "to", required = false)
                    @Nullable
                    String to,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(name = "limit", required = false)
                    @Nullable
                    String limit,
            @AuthenticationPrincipal Jwt caller) {
        Creator creator = new Creator(id);
        DateRange days = DateRange.of(from, to, LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
        int count = Paging.limit(limit, STANDARD_LIMIT, MOST);
        List<Engagement.Sum> sums =
                largeReads.read(caller, () -> engagement.sums(creator.id(), days.from(), days.to(), count + 1));
        if (sums.isEmpty()) {
            balances.requireKnown(creator);
        }
        return report(creator, days, count, sums);
    }

    private Report report(Creator creator, DateRange days, int count, List<Engagement.Sum> sums) {
        List<Engagement.Sum> articles =
                sums.stream().filter(sum -> sum.article() != null).toList();
        return new Report(
                creator.id(),
                currency,
                days.from(),
                days.to(),
                sums.stream()
                        .filter(sum -> sum.article() == null)
                        .map(EngagementEndpoint::total)
                        .toList(),
                articles.stream().limit(count).map(EngagementEndpoint::article).toList(),
                articles.size() > count);
    }

    private static Total total(Engagement.Sum sum) {
        return new Total(sum.type(), sum.units(), Amount.of(sum.micros()), corrected(sum));
    }

    private static Article article(Engagement.Sum sum) {
        boolean views = sum.type().equals(EventType.VIEW.wireName());
        Engagement.Visits visits = sum.visits();
        return new Article(
                Objects.requireNonNull(sum.article()),
                Objects.requireNonNull(sum.publisher()),
                sum.type(),
                sum.units(),
                Amount.of(sum.micros()),
                corrected(sum),
                sum.filtered(),
                views ? visits.sources() : null,
                views ? new Sessions(visits.sessions(), visits.views(), visits.readSeconds()) : null);
    }

    private static Corrected corrected(Engagement.Sum sum) {
        return new Corrected(sum.correctedUnits(), sum.correctedMicros());
    }
}
