package dev.millrace.ledger.spend;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.books.Publisher;
import dev.millrace.books.Spending;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ledger.creator.Amount;
import dev.millrace.ledger.creator.KnownPublishers;
import dev.millrace.ledger.creator.LargeReads;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/publishers/{publisher}/balance}. */
@RestController
@Tag(name = "Publishers")
public final class PublisherBalanceEndpoint {
    private final LiveSpend live;
    private final KnownPublishers publishers;
    private final LargeReads largeReads;
    private final String currency;

    PublisherBalanceEndpoint(LargeReads largeReads, RedisConnections redis, Clock clock, LedgerSettings settings) {
        this.live = new LiveSpend(largeReads.jdbc(), redis, clock);
        this.publishers = new KnownPublishers(largeReads.jdbc());
        this.largeReads = largeReads;
        this.currency = settings.currency();
    }

    /**
     * A budget.
     *
     * @param limit most that may be spent; corrections raise that in all
     * @param left the limit less what is settled and pending; negative where events were under way when it was used up
     */
    record BudgetLeft(Amount limit, Amount left) {}

    /**
     * The budgets that there are.
     *
     * @param day of this day, UTC
     * @param total since the beginning
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record BudgetsLeft(
            @Schema(nullable = true) @Nullable BudgetLeft day,
            @Schema(nullable = true) @Nullable BudgetLeft total) {}

    /**
     * What a publisher has spent.
     *
     * @param state active or suspended
     * @param spent settled, gross
     * @param corrected what corrections gave back
     * @param net spent - corrected
     * @param pending counted and not settled
     * @param asOf everything counted before this moment is in it
     * @param settledThrough everything that was counted before this moment is settled
     */
    record PublisherBalance(
            @Schema(example = "demo") String publisher,
            @Schema(example = "USD") String currency,
            @Schema(example = "active") String state,
            Amount spent,
            Amount corrected,
            Amount net,
            Amount pending,
            BudgetsLeft budget,
            Instant asOf,
            Instant settledThrough) {}

    @Operation(summary = "What the publisher has spent, settled and pending, and what is left of its budgets")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.TOO_MANY_REQUESTS, Problem.OVERLOADED, Problem.COUNTERS_UNAVAILABLE})
    @GetMapping(path = "/v1/publishers/{publisher}/balance", produces = MediaType.APPLICATION_JSON_VALUE)
    PublisherBalance balance(@PathVariable("publisher") String publisher, @AuthenticationPrincipal Jwt caller) {
        return largeReads.read(caller, () -> {
            publishers.require(publisher);
            return live.read(publisher).map(this::balance).orElseThrow();
        });
    }

    private PublisherBalance balance(LiveSpend.Live read) {
        Spending.Standing settled = read.settled();
        Publisher publisher = settled.publisher();
        return new PublisherBalance(
                publisher.publisher(),
                currency,
                publisher.state(),
                Amount.of(settled.gross()),
                Amount.of(settled.corrected()),
                Amount.of(settled.net()),
                Amount.of(read.pending()),
                new BudgetsLeft(
                        budget(publisher.budget().day(), Micros.ZERO, settled.budgetDay(), read.pendingOfDay()),
                        budget(publisher.budget().total(), settled.corrected(), settled.budgetTotal(), read.pending())),
                read.asOf(),
                settled.settledThrough());
    }

    private static @Nullable BudgetLeft budget(@Nullable Long limit, Micros raised, Micros spent, Micros pending) {
        if (limit == null) {
            return null;
        }
        Micros most = new Micros(limit).plus(raised);
        return new BudgetLeft(Amount.of(most), Amount.of(most.minus(spent).minus(pending)));
    }
}
