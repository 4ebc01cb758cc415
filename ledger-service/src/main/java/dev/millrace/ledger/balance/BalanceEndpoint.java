package dev.millrace.ledger.balance;

import dev.millrace.common.money.Micros;
import dev.millrace.ledger.creator.CreatorId;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.security.Principal;
import java.time.Instant;
import org.springframework.dao.DataAccessException;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/creators/{creator}/balance}. A creator who has earned nothing yet sees zeros; nobody else does. */
@RestController
@Tag(name = "Creators")
final class BalanceEndpoint {
    /** What stands before the creator's id in the address, and what behind it. */
    static final String BEFORE = "/v1/creators/";

    static final String AFTER = "/balance";
    static final String PATH = BEFORE + "{creator}" + AFTER;

    private final LiveBalance balances;
    private final String currency;
    private final Counter ok;
    private final Counter unknown;
    private final Counter unavailable;

    BalanceEndpoint(LiveBalance balances, LedgerSettings settings, MeterRegistry metrics) {
        this.balances = balances;
        this.currency = settings.currency();
        this.ok = reads("ok", metrics);
        this.unknown = reads("unknown", metrics);
        this.unavailable = reads("unavailable", metrics);
    }

    private static Counter reads(String outcome, MeterRegistry metrics) {
        return Counter.builder("millrace.balance.reads")
                .description("Balances asked for, by what came of it")
                .tag("outcome", outcome)
                .register(metrics);
    }

    /**
     * An amount of money.
     *
     * @param micros whole micros, 10^-6 of the currency
     * @param amount the same in the currency, six decimal places
     */
    record Amount(long micros, @Schema(example = "1.200000") String amount) {
        static Amount of(Micros micros) {
            return new Amount(micros.value(), micros.amount());
        }
    }

    /**
     * A balance.
     *
     * @param total settled + pending
     * @param asOf everything counted before this moment is in it
     * @param settledThrough everything that was counted for this creator before this moment is settled
     */
    record Balance(
            String creator,
            @Schema(example = "USD") String currency,
            Amount settled,
            Amount pending,
            Amount total,
            Instant asOf,
            Instant settledThrough) {}

    @Operation(summary = "What the creator has earned, live: settled plus pending in one consistent reading")
    @Problems({
        Problem.CREATOR_INVALID,
        Problem.CREATOR_UNKNOWN,
        Problem.COUNTERS_UNAVAILABLE,
        Problem.LEDGER_UNAVAILABLE
    })
    @GetMapping(path = PATH, produces = MediaType.APPLICATION_JSON_VALUE)
    Balance balance(@PathVariable("creator") String id, Principal caller) {
        CreatorId creator = new CreatorId(id);
        return switch (read(creator)) {
            case BalanceReading.Live live -> {
                ok.increment();
                yield body(creator, live);
            }
            case BalanceReading.Unknown nothing -> {
                if (creator.id().equals(caller.getName())) {
                    ok.increment();
                    yield body(creator, nothing.asZeros());
                }
                unknown.increment();
                throw KnownCreators.unknown(creator);
            }
            case BalanceReading.Unavailable now -> {
                unavailable.increment();
                throw KnownCreators.unavailable(now);
            }
        };
    }

    private Balance body(CreatorId creator, BalanceReading.Live live) {
        return new Balance(
                creator.id(),
                currency,
                Amount.of(live.settled()),
                Amount.of(live.pending()),
                Amount.of(live.total()),
                live.asOf(),
                live.settledThrough());
    }

    private BalanceReading read(CreatorId creator) {
        try {
            return balances.read(creator);
        } catch (DataAccessException e) {
            unavailable.increment();
            throw e;
        }
    }
}
