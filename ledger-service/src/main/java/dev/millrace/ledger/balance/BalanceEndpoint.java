package dev.millrace.ledger.balance;

import dev.millrace.ledger.creator.Creator;
import dev.millrace.ledger.creator.SubjectLimit;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/creators/{creator}/balance}, once and as a stream. A creator without earnings sees zeros; other callers get 404. */
@RestController
@Tag(name = "Creators")
final class BalanceEndpoint {
    static final String PATH = "/v1/creators/{creator}/balance";
    static final String STREAM = PATH + "/stream";

    private final LiveBalance balances;
    private final BalanceFollowers followers;
    private final SubjectLimit streams;
    private final Clock clock;
    private final Counter ok;
    private final Counter unknown;
    private final Counter unavailable;

    BalanceEndpoint(
            LiveBalance balances,
            BalanceFollowers followers,
            SubjectLimit balanceStreams,
            Clock clock,
            MeterRegistry metrics) {
        this.balances = balances;
        this.followers = followers;
        this.streams = balanceStreams;
        this.clock = clock;
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

    @Operation(summary = "What the creator has earned, live: settled plus pending in one consistent reading")
    @Problems({Problem.CREATOR_INVALID, Problem.CREATOR_UNKNOWN, Problem.COUNTERS_UNAVAILABLE})
    @GetMapping(path = PATH, produces = MediaType.APPLICATION_JSON_VALUE)
    Balance balance(@PathVariable("creator") String id, @AuthenticationPrincipal Jwt caller) {
        return read(new Creator(id), caller);
    }

    @Operation(
            summary = "The balance as server-sent events: at once, then whenever it changes, at most one a second",
            description =
                    "`event: balance`, `data` as the answer of `…/balance`. A comment line comes at least every 15 seconds."
                            + " `event: end` with `{\"code\":\"token-expired\"}` is the last one of a token; come again with another."
                            + " The token travels in the header alone. At most 10 streams of one subject at a time.")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.TEXT_EVENT_STREAM_VALUE,
                            schema = @Schema(type = "string", example = "event: balance\nid: mihxk1\ndata: {…}\n\n")))
    @Problems({
        Problem.CREATOR_INVALID,
        Problem.CREATOR_UNKNOWN,
        Problem.TOO_MANY_REQUESTS,
        Problem.OVERLOADED,
        Problem.COUNTERS_UNAVAILABLE
    })
    @GetMapping(path = STREAM, produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    void stream(@PathVariable("creator") String id, @AuthenticationPrincipal Jwt caller, HttpServletResponse response)
            throws IOException {
        Creator creator = new Creator(id);
        try (var _ = streams.take(caller)) {
            Balance first = read(creator, caller);
            response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
            response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
            followers.follow(creator, first, validity(caller), response.getOutputStream());
        }
    }

    private Duration validity(Jwt token) {
        return Duration.between(clock.instant(), Objects.requireNonNull(token.getExpiresAt()));
    }

    private Balance read(Creator creator, Jwt caller) {
        Balance balance;
        try {
            balance = balances.read(creator);
        } catch (DataAccessException | ProblemException e) {
            unavailable.increment();
            throw e;
        }
        if (!balance.known() && !creator.id().equals(caller.getSubject())) {
            unknown.increment();
            throw LiveBalance.unknown(creator);
        }
        ok.increment();
        return balance;
    }
}
