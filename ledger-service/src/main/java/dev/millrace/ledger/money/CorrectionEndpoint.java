package dev.millrace.ledger.money;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.books.Corrections;
import dev.millrace.books.Idempotency;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.act.Acts;
import dev.millrace.ledger.act.CatalogMayHaveChanged;
import dev.millrace.ledger.creator.Amount;
import dev.millrace.ledger.creator.KnownPublishers;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.creator.SubjectLimit;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Corrections: by an operator, or by the publisher for what it paid itself. */
@RestController
@Tag(name = "Money")
final class CorrectionEndpoint {
    private static final String ADMIN = "/v1/admin/corrections";
    private static final String OWN = "/v1/publishers/{publisher}/corrections";
    private static final Set<String> OPERATORS = Set.of("SCOPE_ledger.money", "SCOPE_ledger.admin");
    private static final int STANDARD_LIMIT = 50;
    private static final int MOST = 200;

    /** Dry runs and bulk corrections read many rows: so many at a time leave a connection for the other acts. */
    private static final int LONG_OF_A_CALLER = 2;

    private static final int LONG_OF_ALL = Acts.AT_A_TIME - 1;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final SubjectLimit longOnes =
            new SubjectLimit("dry runs and bulk corrections", LONG_OF_A_CALLER, LONG_OF_ALL, PATIENCE);
    private final Acts acts;
    private final Corrections corrections;
    private final KnownPublishers publishers;
    private final ApplicationEventPublisher events;

    CorrectionEndpoint(Acts acts, LedgerSettings settings, ApplicationEventPublisher events) {
        this.acts = acts;
        this.events = events;
        this.corrections = new Corrections(acts.jdbc(), settings.availableAfter());
        this.publishers = new KnownPublishers(acts.jdbc());
    }

    record Line(
            String creator, String article, @JsonUnwrapped Amount taken) {}

    /**
     * A correction.
     *
     * @param id null, as journal and at: a dry run, nothing was booked
     * @param taken from all creators together
     * @param without creators that the request names and from whom nothing was taken; null: there are none, or it is read later
     */
    record Correction(
            @Schema(nullable = true, example = "17") @Nullable
            String id,

            @Schema(nullable = true, example = "4711") @Nullable
            String journal,

            List<Line> lines,
            @JsonUnwrapped Amount taken,
            @Schema(nullable = true) @Nullable Instant at,

            @Schema(nullable = true) @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<String> without) {
        static Correction of(Corrections.Booked booked, @Nullable List<String> named) {
            Set<String> debtors =
                    booked.lines().stream().map(Corrections.Line::creator).collect(Collectors.toSet());
            List<String> without = named == null
                    ? List.of()
                    : named.stream()
                            .filter(creator -> !debtors.contains(creator))
                            .toList();
            return new Correction(
                    booked.id(),
                    booked.journal(),
                    booked.lines().stream()
                            .map(line -> new Line(line.creator(), line.article(), Amount.of(new Micros(line.micros()))))
                            .toList(),
                    Amount.of(new Micros(booked.micros())),
                    booked.at(),
                    without.isEmpty() ? null : without);
        }
    }

    @Operation(
            summary = "Takes money back from creators, for the publisher that paid it",
            description =
                    "Settled money only, and at most what was paid. With `?dry-run=true` it tells what would be booked, and books nothing.")
    @Problems({
        Problem.CORRECTION_INVALID,
        Problem.CREATOR_INVALID,
        Problem.PUBLISHER_UNKNOWN,
        Problem.CORRECTION_EXCEEDS_PAID,
        Problem.CORRECTION_BELOW_ZERO,
        Problem.IDEMPOTENCY_KEY_MISSING,
        Problem.IDEMPOTENCY_CONFLICT,
        Problem.TOO_MANY_REQUESTS,
        Problem.OVERLOADED,
        Problem.PARAMETER_INVALID,
        Problem.BODY_MALFORMED
    })
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping(path = ADMIN, consumes = MediaType.APPLICATION_JSON_VALUE, produces = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<Correction> byOperator(
            @RequestBody CorrectionRequest body,
            @RequestHeader(name = Acts.KEY, required = false) @Nullable String key,
            @Parameter(schema = @Schema(type = "boolean", defaultValue = "false"))
                    @RequestParam(name = "dry-run", required = false)
                    @Nullable
                    String dryRun,
            @AuthenticationPrincipal Jwt caller) {
        return book(body, null, key, isDry(dryRun), caller);
    }

    @Operation(
            summary = "The same by the publisher, for what it paid itself",
            description = "Only money that is not available to the creator yet; later an operator has to do it.")
    @Problems({
        Problem.CORRECTION_INVALID,
        Problem.CREATOR_INVALID,
        Problem.PUBLISHER_UNKNOWN,
        Problem.CORRECTION_EXCEEDS_PAID,
        Problem.CORRECTION_TOO_LATE,
        Problem.CORRECTION_BELOW_ZERO,
        Problem.IDEMPOTENCY_KEY_MISSING,
        Problem.IDEMPOTENCY_CONFLICT,
        Problem.TOO_MANY_REQUESTS,
        Problem.OVERLOADED,
        Problem.PARAMETER_INVALID,
        Problem.BODY_MALFORMED
    })
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping(path = OWN, consumes = MediaType.APPLICATION_JSON_VALUE, produces = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<Correction> byPublisher(
            @PathVariable("publisher") String publisher,
            @RequestBody CorrectionRequest body,
            @RequestHeader(name = Acts.KEY, required = false) @Nullable String key,
            @Parameter(schema = @Schema(type = "boolean", defaultValue = "false"))
                    @RequestParam(name = "dry-run", required = false)
                    @Nullable
                    String dryRun,
            @AuthenticationPrincipal Jwt caller) {
        return book(body, publisher, key, isDry(dryRun), caller);
    }

    private static boolean isDry(@Nullable String dryRun) {
        return switch (dryRun) {
            case null -> false;
            case "false" -> false;
            case "true" -> true;
            default ->
                throw Problem.PARAMETER_INVALID.because(
                        "dry-run '%s' is not 'true' or 'false'; leave it out to book", dryRun);
        };
    }

    private ResponseEntity<Correction> book(
            CorrectionRequest body, @Nullable String ofPath, @Nullable String key, boolean dryRun, Jwt caller) {
        Corrections.Request request = body.checked(ofPath);
        boolean byPublisher = !isOperator();
        if (body.mayBeNegative() && byPublisher) {
            throw Problem.FORBIDDEN.because("allowNegative takes the scope ledger.money or ledger.admin");
        }
        publishers.require(request.publisher());
        if (dryRun) {
            Supplier<Corrections.Booked> look =
                    () -> corrections.book(request, byPublisher, body.mayBeNegative(), true);
            return ResponseEntity.ok(Correction.of(inTurn(caller, () -> acts.make(look)), request.creators()));
        }
        String operation = "POST " + (ofPath == null ? ADMIN : OWN.replace("{publisher}", ofPath));
        Idempotency.Request act = new Idempotency.Request(operation, Acts.requiredKey(key), body);
        Supplier<Corrections.Booked> booking = () -> acts.once(act, Corrections.Booked.class, () -> {
            Corrections.Booked done = corrections.book(request, byPublisher, body.mayBeNegative(), false);
            acts.trace(
                    caller,
                    "correction.book",
                    request.publisher(),
                    null,
                    Map.of("correction", String.valueOf(done.id()), "micros", done.micros(), "asked", body),
                    request.reason());
            return done;
        });
        Corrections.Booked booked = request.article() == null ? inTurn(caller, booking) : booking.get();
        events.publishEvent(new CatalogMayHaveChanged()); // the publisher's budget is larger by it
        return ResponseEntity.status(HttpStatus.CREATED).body(Correction.of(booked, request.creators()));
    }

    private <T> T inTurn(Jwt caller, Supplier<T> work) {
        try (var _ = longOnes.take(caller)) {
            return work.get();
        }
    }

    private static boolean isOperator() {
        Authentication caller = SecurityContextHolder.getContext().getAuthentication();
        return caller != null
                && caller.getAuthorities().stream()
                        .map(GrantedAuthority::getAuthority)
                        .anyMatch(OPERATORS::contains);
    }

    record Summary(
            String id,
            String journal,
            Instant at,
            String publisher,
            @JsonUnwrapped Amount taken,
            String reason,
            @Schema(nullable = true) @Nullable String reference) {}

    record CorrectionPage(
            List<Summary> corrections,
            @Schema(nullable = true) @Nullable String next) {}

    @Operation(summary = "Corrections of all publishers, the newest first")
    @Problems({Problem.LIMIT_INVALID, Problem.CURSOR_INVALID})
    @GetMapping(path = ADMIN, produces = MediaType.APPLICATION_JSON_VALUE)
    CorrectionPage all(
            @RequestParam(name = "limit", required = false) @Nullable String limit,
            @Parameter(description = "'next' of the page before")
                    @RequestParam(name = "cursor", required = false)
                    @Nullable
                    String cursor) {
        return page(null, limit, cursor);
    }

    @Operation(summary = "The publisher's corrections, the newest first")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.LIMIT_INVALID, Problem.CURSOR_INVALID})
    @GetMapping(path = OWN, produces = MediaType.APPLICATION_JSON_VALUE)
    CorrectionPage own(
            @PathVariable("publisher") String publisher,
            @RequestParam(name = "limit", required = false) @Nullable String limit,
            @Parameter(description = "'next' of the page before")
                    @RequestParam(name = "cursor", required = false)
                    @Nullable
                    String cursor) {
        publishers.require(publisher);
        return page(publisher, limit, cursor);
    }

    @Operation(summary = "One correction, with what it took from each creator's articles")
    @Problems(Problem.CORRECTION_UNKNOWN)
    @GetMapping(path = ADMIN + "/{id}", produces = MediaType.APPLICATION_JSON_VALUE)
    Correction one(@PathVariable("id") String id) {
        return find(null, id).orElseThrow(() -> Problem.CORRECTION_UNKNOWN.because("there is no correction '%s'", id));
    }

    @Operation(summary = "One correction of the publisher, with what it took from each creator's articles")
    @Problems({Problem.PUBLISHER_UNKNOWN, Problem.CORRECTION_UNKNOWN})
    @GetMapping(path = OWN + "/{id}", produces = MediaType.APPLICATION_JSON_VALUE)
    Correction ownOne(@PathVariable("publisher") String publisher, @PathVariable("id") String id) {
        publishers.require(publisher);
        return find(publisher, id)
                .orElseThrow(() -> Problem.CORRECTION_UNKNOWN.because(
                        "there is no correction '%s' of publisher '%s'", id, publisher));
    }

    private Optional<Correction> find(@Nullable String publisher, String id) {
        return id.matches(Paging.NUMBER)
                ? corrections.find(publisher, Long.parseLong(id)).map(booked -> Correction.of(booked, null))
                : Optional.empty();
    }

    private CorrectionPage page(@Nullable String publisher, @Nullable String limit, @Nullable String cursor) {
        int count = Paging.limit(limit, STANDARD_LIMIT, MOST);
        Paging.Slice<Corrections.Summary> page = Paging.slice(
                corrections.page(publisher, Paging.below(cursor), count + 1), count, last -> Paging.cursor(last.id()));
        return new CorrectionPage(
                page.rows().stream()
                        .map(one -> new Summary(
                                Long.toString(one.id()),
                                Long.toString(one.journal()),
                                one.at(),
                                one.publisher(),
                                Amount.of(one.micros()),
                                one.reason(),
                                one.reference()))
                        .toList(),
                page.next());
    }
}
