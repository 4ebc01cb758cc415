package dev.millrace.ledger.verdict;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.books.PublisherRegister;
import dev.millrace.books.VerdictHours;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.LastVerdict;
import dev.millrace.counters.Link;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.VerdictCounts;
import dev.millrace.counters.Verdicts;
import dev.millrace.ledger.creator.KnownPublishers;
import dev.millrace.ledger.creator.LargeReads;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/publishers/{publisher}/verdicts} and {@code …/verdicts/last}. */
@RestController
@Tag(name = "Publishers")
public final class VerdictsEndpoint {
    private final VerdictHours hours;
    private final PublisherRegister register;
    private final KnownPublishers publishers;
    private final LargeReads largeReads;
    private final RedisConnections redis;
    private final Clock clock;

    VerdictsEndpoint(LargeReads largeReads, RedisConnections redis, Clock clock) {
        this.hours = new VerdictHours(largeReads.jdbc());
        this.register = new PublisherRegister(largeReads.jdbc());
        this.publishers = new KnownPublishers(largeReads.jdbc());
        this.largeReads = largeReads;
        this.redis = redis;
        this.clock = clock;
    }

    /**
     * The events of an hour.
     *
     * @param hour its beginning
     * @param filtered events that were no reader's, by reason
     * @param rejected events that do not count, by code
     */
    record VerdictHour(
            Instant hour,
            long accepted,
            long duplicate,

            @Schema(example = "{\"robot\":2}") Map<String, Long> filtered,

            @Schema(example = "{\"token-expired\":1}") Map<String, Long> rejected) {
        static VerdictHour of(Instant hour, Map<String, Long> counts) {
            VerdictCounts sums = VerdictCounts.of(counts);
            return new VerdictHour(hour, sums.accepted(), sums.duplicate(), sums.filtered(), sums.rejected());
        }
    }

    /**
     * A publisher's hours.
     *
     * @param from begins the first hour
     * @param to ends the last one
     * @param hours that have events, the newest first
     */
    record VerdictReport(
            @Schema(example = "demo") String publisher, Instant from, Instant to, List<VerdictHour> hours) {}

    /**
     * Verdicts on events of one type, equal ones in a row.
     *
     * @param at when the last of them came
     * @param type of the events; page: exchanges of page tokens
     * @param reason why they were filtered
     * @param code why they were rejected
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record SeenVerdict(
            Instant at,
            @Schema(example = "view") String type,

            @Schema(allowableValues = {"accepted", "duplicate", "filtered", "rejected"})
            String status,

            @Schema(example = "robot", nullable = true) @Nullable
            String reason,

            @Schema(example = "token-expired", nullable = true) @Nullable
            String code,

            long count) {
        static SeenVerdict of(LastVerdict last) {
            return new SeenVerdict(
                    Instant.ofEpochSecond(last.at()),
                    last.type(),
                    last.status(),
                    last.reason(),
                    last.code(),
                    last.count());
        }
    }

    /** The last verdicts under a key, the newest first. */
    record SeenVerdicts(@Schema(example = "demo.1") String kid, List<SeenVerdict> last) {}

    /** The keys that have any, by number. */
    record LastVerdicts(@Schema(example = "demo") String publisher, List<SeenVerdicts> keys) {}

    @Operation(
            summary =
                    "How many of the publisher's events were accepted, duplicates, filtered or rejected, by hour. The present hour is up to a minute old",
            description =
                    "Anybody can send events that name a publisher's key without its secret. Those are in token-signature and"
                            + " key-revoked, and in no other count.")
    @Problems({Problem.RANGE_INVALID, Problem.PUBLISHER_UNKNOWN, Problem.TOO_MANY_REQUESTS, Problem.OVERLOADED})
    @GetMapping(path = "/v1/publishers/{publisher}/verdicts", produces = MediaType.APPLICATION_JSON_VALUE)
    VerdictReport verdicts(
            @PathVariable("publisher") String publisher,
            @Parameter(
                            description = "the first day (UTC), or a moment in the first hour; default: 24 hours before"
                                    + " 'to'")
                    @RequestParam(name = "from", required = false)
                    @Nullable
                    String from,
            @Parameter(
                            description = "the last day, or the moment at which the range ends, at most 31 days later;"
                                    + " default: with this hour")
                    @RequestParam(name = "to", required = false)
                    @Nullable
                    String to,
            @AuthenticationPrincipal Jwt caller) {
        HourRange range = HourRange.of(from, to, clock.instant());
        return largeReads.read(caller, () -> {
            publishers.require(publisher);
            return new VerdictReport(
                    publisher,
                    range.from(),
                    range.to(),
                    hours.of(publisher, range.first(), range.end()).entrySet().stream()
                            .map(hour -> VerdictHour.of(hour.getKey(), hour.getValue()))
                            .toList());
        });
    }

    @Operation(
            summary =
                    "The last verdicts under each of the publisher's keys, without ids; those of a key's last 24 hours")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.TOO_MANY_REQUESTS, Problem.OVERLOADED, Problem.COUNTERS_UNAVAILABLE})
    @GetMapping(path = "/v1/publishers/{publisher}/verdicts/last", produces = MediaType.APPLICATION_JSON_VALUE)
    LastVerdicts last(@PathVariable("publisher") String publisher, @AuthenticationPrincipal Jwt caller) {
        List<Kid> kids = largeReads.read(caller, () -> {
            publishers.require(publisher);
            return register.keys(publisher).stream()
                    .map(PublisherRegister.Key::kid)
                    .toList();
        });
        try {
            Link link = redis.required(Verdicts.partition(publisher));
            List<SeenVerdicts> keys = new ArrayList<>();
            Verdicts.last(link, kids)
                    .forEach((kid, last) -> keys.add(new SeenVerdicts(
                            kid.toString(), last.stream().map(SeenVerdict::of).toList())));
            return new LastVerdicts(publisher, keys);
        } catch (RedisRefusedException e) { // somebody has edited the keys
            throw Problem.COUNTERS_UNAVAILABLE.because(String.valueOf(e.getMessage()));
        }
    }
}
