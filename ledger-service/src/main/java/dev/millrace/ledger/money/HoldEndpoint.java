package dev.millrace.ledger.money;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.books.CreatorStates;
import dev.millrace.ledger.act.Acts;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Holds creators' money back, releases it, and lists those that are held. */
@RestController
@RequestMapping(path = "/v1/admin/creators", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Money")
final class HoldEndpoint {
    private static final int STANDARD_LIMIT = 100;
    private static final int MOST = 1_000;
    private static final Fields FIELDS = new Fields(Problem.HOLD_INVALID);

    private final Acts acts;
    private final CreatorStates states;
    private final Clock clock;

    HoldEndpoint(Acts acts, Clock clock) {
        this.acts = acts;
        this.states = new CreatorStates(acts.jdbc());
        this.clock = clock;
    }

    /** A creator's state, as asked for. */
    record NewState(
            @Schema(allowableValues = {"active", "held"}) @Nullable
            String state,

            @Schema(
                    example = "clicks from one address",
                    description = "a hold has one",
                    maxLength = 500,
                    nullable = true)
            @Nullable
            String reason,

            @Schema(
                    format = "date-time",
                    description = "when the hold ends by itself",
                    example = "2030-01-01T00:00:00Z",
                    nullable = true)
            @Nullable
            String until) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record CreatorState(
            String creator,
            @Schema(allowableValues = {"active", "held"}) String state,
            @Schema(nullable = true) @Nullable String reason,
            @Schema(nullable = true) @Nullable Instant until) {
        static CreatorState of(Creator creator, CreatorStates.State state) {
            return new CreatorState(creator.id(), state.held() ? "held" : "active", state.reason(), state.until());
        }
    }

    /** @param next the cursor of the next page; null: there are no more */
    record CreatorPage(
            List<CreatorState> creators,
            @Schema(nullable = true) @Nullable String next) {}

    @Operation(summary = "The creators that are held, by id")
    @Problems({Problem.HOLD_INVALID, Problem.LIMIT_INVALID, Problem.CURSOR_INVALID})
    @GetMapping
    CreatorPage held(
            @Parameter(required = true, schema = @Schema(allowableValues = "held"))
                    @RequestParam(name = "state", required = false)
                    @Nullable
                    String state,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(name = "limit", required = false)
                    @Nullable
                    String limit,
            @Parameter(description = "'next' of the page before")
                    @RequestParam(name = "cursor", required = false)
                    @Nullable
                    String cursor) {
        if (!"held".equals(state)) {
            throw Problem.HOLD_INVALID.because("state '%s' is not listed here; send state=held", state);
        }
        int most = Paging.limit(limit, STANDARD_LIMIT, MOST);
        Paging.Slice<CreatorStates.Held> page =
                Paging.slice(states.held(Paging.after(cursor), most + 1), most, last -> Paging.cursor(last.creator()));
        return new CreatorPage(
                page.rows().stream()
                        .map(one -> CreatorState.of(new Creator(one.creator()), one.state()))
                        .toList(),
                page.next());
    }

    @Operation(summary = "Whether the creator is active or held")
    @Problems(Problem.CREATOR_INVALID)
    @GetMapping("/{creator}")
    CreatorState state(@PathVariable("creator") String id) {
        Creator creator = new Creator(id);
        return CreatorState.of(creator, states.of(creator.id()));
    }

    @Operation(
            summary = "Holds the creator's money, or releases it",
            description =
                    "While a creator is held, events count and money settles, but nothing is available and payouts wait. A hold has a reason and an end.")
    @Problems({Problem.CREATOR_INVALID, Problem.HOLD_INVALID, Problem.BODY_MALFORMED})
    @PatchMapping(path = "/{creator}", consumes = MediaType.APPLICATION_JSON_VALUE)
    CreatorState change(
            @PathVariable("creator") String id, @RequestBody NewState body, @AuthenticationPrincipal Jwt caller) {
        Creator creator = new Creator(id);
        CreatorStates.State state = checked(body);
        return acts.make(() -> {
            CreatorStates.State before = states.change(creator.id(), state);
            CreatorState after = CreatorState.of(creator, state);
            acts.trace(caller, "creator.change", creator.id(), CreatorState.of(creator, before), after, state.reason());
            return after;
        });
    }

    private CreatorStates.State checked(NewState body) {
        if ("active".equals(body.state())) {
            if (body.until() != null) {
                throw Problem.HOLD_INVALID.because("until is of a hold; an active creator has none");
            }
            return new CreatorStates.State(false, FIELDS.optionalText("reason", body.reason()), null);
        }
        if (!"held".equals(body.state())) {
            throw Problem.HOLD_INVALID.because("state '%s' is neither active nor held", body.state());
        }
        String reason = FIELDS.text("reason", body.reason());
        Instant until = FIELDS.moment("until", FIELDS.text("until", body.until()));
        if (!until.isAfter(clock.instant())) {
            throw Problem.HOLD_INVALID.because("until '%s' is not ahead of now", body.until());
        }
        return new CreatorStates.State(true, reason, until);
    }
}
