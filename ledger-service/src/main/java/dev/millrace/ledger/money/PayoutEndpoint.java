package dev.millrace.ledger.money;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.books.Idempotency;
import dev.millrace.books.Payouts;
import dev.millrace.books.Payouts.Payout;
import dev.millrace.books.Payouts.State;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.act.Acts;
import dev.millrace.ledger.creator.Amount;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.creator.Years;
import dev.millrace.ledger.csv.Csv;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.ledger.settings.LedgerSettings;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Payouts: requested, then paid or failed. */
@RestController
@Tag(name = "Money")
final class PayoutEndpoint {
    private static final String ADMIN = "/v1/admin/payouts";
    private static final Fields FIELDS = new Fields(Problem.PAYOUT_INVALID);
    private static final int STANDARD_LIMIT = 50;
    private static final int MOST = 1_000;

    /** Of creators whose money goes nowhere: not in a table for a bank. */
    private static final String SANDBOX = "test:";

    private static final String[] COLUMNS = {
        "id",
        "creator",
        "micros",
        "amount",
        "currency",
        "state",
        "waits",
        "requestedAt",
        "requestedBy",
        "endedAt",
        "endedBy",
        "reference",
        "reason"
    };

    private final Acts acts;
    private final Payouts payouts;
    private final boolean twoPeople;
    private final String currency;
    private final Clock clock;

    PayoutEndpoint(Acts acts, LedgerSettings settings, Clock clock) {
        this.acts = acts;
        this.payouts = new Payouts(acts.jdbc(), settings.availableAfter());
        this.twoPeople = settings.payoutTwoPeople();
        this.currency = settings.currency();
        this.clock = clock;
    }

    /**
     * One creator, or all that have enough.
     *
     * @param micros left out: all that is available
     * @param through a month that has ended: only what was credited up to its end
     */
    record PayoutRequest(
            @Schema(example = "c-42", nullable = true) @Nullable
            String creator,

            @Schema(implementation = Long.class, minimum = "1", example = "25000000", nullable = true) @Nullable
            BigDecimal micros,

            @Schema(example = "2026-10", nullable = true) @Nullable
            String through,

            @Schema(
                    implementation = Long.class,
                    minimum = "1",
                    example = "10000000",
                    description = "least micros of a payout, with through",
                    nullable = true)
            @Nullable
            BigDecimal threshold) {}

    record NewPayout(
            @Schema(example = "301-9c1fe2a4") String id,
            String creator,
            @JsonUnwrapped Amount amount,
            @Schema(example = "requested") String state) {}

    record NewPayouts(List<NewPayout> payouts) {}

    @Operation(
            summary = "Requests a payout: of one creator, or of all with enough available as of a month's end",
            description =
                    "The money stays in the balance as `underWay` until the payout is paid, and is available to no other payout. A run of all leaves out creators who are held, and a sandbox's.")
    @Problems({
        Problem.PAYOUT_INVALID,
        Problem.CREATOR_INVALID,
        Problem.PAYOUT_EXCEEDS_AVAILABLE,
        Problem.IDEMPOTENCY_KEY_MISSING,
        Problem.IDEMPOTENCY_CONFLICT,
        Problem.BODY_MALFORMED
    })
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping(path = ADMIN, consumes = MediaType.APPLICATION_JSON_VALUE, produces = MediaType.APPLICATION_JSON_VALUE)
    NewPayouts request(
            @RequestBody PayoutRequest body,
            @RequestHeader(name = Acts.KEY, required = false) @Nullable String key,
            @AuthenticationPrincipal Jwt caller) {
        boolean ofAll = checkedForm(body);
        Idempotency.Request request = new Idempotency.Request("POST " + ADMIN, Acts.requiredKey(key), body);
        String subject = Acts.subject(caller);
        Payouts.Requested[] requested = acts.once(request, Payouts.Requested[].class, () -> {
            List<Payouts.Requested> made = ofAll
                    ? payouts.requestAll(month(body), threshold(body), subject)
                    : payouts.request(creator(body), FIELDS.positive("micros", body.micros()), subject);
            made.forEach(one -> acts.trace(
                    caller,
                    "payout.request",
                    one.id(),
                    null,
                    Map.of("creator", one.creator(), "micros", one.micros()),
                    null));
            return made.toArray(Payouts.Requested[]::new);
        });
        return new NewPayouts(Arrays.stream(requested)
                .map(one -> new NewPayout(
                        one.id(), one.creator(), Amount.of(new Micros(one.micros())), State.REQUESTED.wireName()))
                .toList());
    }

    /** Whether it is of all creators. */
    private static boolean checkedForm(PayoutRequest body) {
        boolean ofOne = body.creator() != null;
        boolean ofAll = body.through() != null || body.threshold() != null;
        if (ofOne == ofAll || (ofAll && body.micros() != null)) {
            throw Problem.PAYOUT_INVALID.because(
                    "a payout is of a creator, with micros or without, or of all creators by through and threshold");
        }
        return ofAll;
    }

    private static String creator(PayoutRequest body) {
        return new Creator(Objects.requireNonNull(body.creator())).id();
    }

    private YearMonth month(PayoutRequest body) {
        if (body.through() == null) {
            throw Problem.PAYOUT_INVALID.because(
                    "through is missing; it is the last month whose money is paid out, such as 2026-10");
        }
        YearMonth month = parsed(body.through());
        if (!month.isBefore(YearMonth.from(clock.instant().atOffset(ZoneOffset.UTC)))) {
            throw Problem.PAYOUT_INVALID.because("through '%s' has not ended yet, in UTC", body.through());
        }
        return month;
    }

    private static YearMonth parsed(String through) {
        try {
            YearMonth month = YearMonth.parse(through);
            if (Years.hold(month.getYear())) {
                return month;
            }
        } catch (DateTimeException e) {
            // refused below
        }
        throw Problem.PAYOUT_INVALID.because(
                "through '%s' is not a month such as 2026-10 in the years 0001 to 9999", through);
    }

    private static long threshold(PayoutRequest body) {
        Long threshold = FIELDS.positive("threshold", body.threshold());
        if (threshold == null) {
            throw Problem.PAYOUT_INVALID.because(
                    "threshold is missing; it is the least a creator is paid out, in micros");
        }
        return threshold;
    }

    /** How a payout ended. */
    record Paid(
            @Schema(example = "bank-2026-11-05-17", description = "the bank's, or your own") @Nullable
            String reference) {}

    record Failed(
            @Schema(example = "the account is closed", requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
            String reason) {}

    @Operation(
            summary = "Says that a payout is paid; once more with the same reference changes nothing",
            description = "The money leaves the creator's balance. A held creator's payout waits.")
    @Problems({Problem.PAYOUT_INVALID, Problem.PAYOUT_UNKNOWN, Problem.PAYOUT_STATE, Problem.BODY_MALFORMED})
    @PostMapping(
            path = ADMIN + "/{id}/paid",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    OnePayout paid(@PathVariable("id") String id, @RequestBody Paid body, @AuthenticationPrincipal Jwt caller) {
        return end(id, State.PAID, FIELDS.text("reference", body.reference()), caller);
    }

    @Operation(
            summary = "Says that a payout failed; once more with the same reason changes nothing",
            description = "The money is available again.")
    @Problems({Problem.PAYOUT_INVALID, Problem.PAYOUT_UNKNOWN, Problem.PAYOUT_STATE, Problem.BODY_MALFORMED})
    @PostMapping(
            path = ADMIN + "/{id}/failed",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    OnePayout failed(@PathVariable("id") String id, @RequestBody Failed body, @AuthenticationPrincipal Jwt caller) {
        return end(id, State.FAILED, FIELDS.text("reason", body.reason()), caller);
    }

    private OnePayout end(String id, State outcome, String note, Jwt caller) {
        String subject = Acts.subject(caller);
        return acts.make(() -> {
            Payout asked = find(id);
            requireOpen(asked, outcome, note);
            boolean ended = payouts.end(asked.id(), outcome, note, subject, twoPeople);
            if (ended) {
                Map<String, Object> after = new LinkedHashMap<>();
                after.put("state", outcome.wireName());
                after.put("creator", asked.creator());
                after.put("micros", asked.micros().value());
                acts.trace(
                        caller,
                        outcome == State.PAID ? "payout.pay" : "payout.fail",
                        asked.id(),
                        Map.of("state", State.REQUESTED.wireName()),
                        after,
                        note);
            }
            return OnePayout.of(find(id));
        });
    }

    /** Tells how it ended. A call that ends it meanwhile is refused by the ledger itself, in fewer words. */
    private static void requireOpen(Payout payout, State outcome, String note) {
        boolean repeated = payout.state() == outcome && note.equals(payout.note());
        if (payout.state() != State.REQUESTED && !repeated) {
            throw Problem.PAYOUT_STATE.because(
                    "payout %s is %s since %s, with the %s '%s'",
                    payout.id(),
                    payout.state().wireName(),
                    payout.endedAt(),
                    payout.state() == State.PAID ? "reference" : "reason",
                    payout.note());
        }
    }

    private Payout find(String id) {
        return payouts.find(id).orElseThrow(() -> unknown(id));
    }

    private static RuntimeException unknown(String id) {
        return Problem.PAYOUT_UNKNOWN.because("there is no payout '%s'", id);
    }

    /**
     * A payout.
     *
     * @param waits whether it can't be paid now, its creator being held
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record OnePayout(
            @Schema(example = "301-9c1fe2a4") String id,
            String creator,
            @JsonUnwrapped Amount amount,

            @Schema(allowableValues = {"requested", "paid", "failed"})
            String state,

            boolean waits,
            Instant requestedAt,
            String requestedBy,
            @Schema(nullable = true) @Nullable Instant endedAt,
            @Schema(nullable = true) @Nullable String endedBy,
            @Schema(nullable = true) @Nullable String reference,
            @Schema(nullable = true) @Nullable String reason) {
        static OnePayout of(Payout payout) {
            return new OnePayout(
                    payout.id(),
                    payout.creator(),
                    Amount.of(payout.micros()),
                    payout.state().wireName(),
                    payout.held() && payout.state() == State.REQUESTED,
                    payout.requestedAt(),
                    payout.requestedBy(),
                    payout.endedAt(),
                    payout.endedBy(),
                    payout.state() == State.PAID ? payout.note() : null,
                    payout.state() == State.FAILED ? payout.note() : null);
        }
    }

    record PayoutPage(
            List<OnePayout> payouts,
            @Schema(nullable = true) @Nullable String next) {}

    @Operation(
            summary = "Payouts, the newest first",
            description = "With `Accept: text/csv` all of them as a table, without those of a sandbox.")
    @Problems({Problem.PAYOUT_INVALID, Problem.LIMIT_INVALID, Problem.CURSOR_INVALID})
    @GetMapping(path = ADMIN, produces = MediaType.APPLICATION_JSON_VALUE)
    PayoutPage all(
            @Parameter(schema = @Schema(allowableValues = {"requested", "paid", "failed"}))
                    @RequestParam(name = "state", required = false)
                    @Nullable
                    String state,
            @RequestParam(name = "limit", required = false) @Nullable String limit,
            @Parameter(description = "'next' of the page before")
                    @RequestParam(name = "cursor", required = false)
                    @Nullable
                    String cursor) {
        return page(state(state), null, limit, cursor);
    }

    /** Without a limit all of them, page by page: a run has as many as there are creators. */
    @Operation(hidden = true)
    @GetMapping(path = ADMIN, produces = Csv.MEDIA_TYPE)
    void table(
            @RequestParam(name = "state", required = false) @Nullable String state,
            @RequestParam(name = "limit", required = false) @Nullable String limit,
            @RequestParam(name = "cursor", required = false) @Nullable String cursor,
            HttpServletResponse response)
            throws IOException {
        State asked = state(state);
        Paging.Slice<Payout> page = slice(asked, null, Paging.limit(limit, MOST, MOST), cursor);
        if (limit != null && page.next() != null) {
            String filter = asked == null ? "" : "state=%s&".formatted(asked.wireName());
            response.setHeader(
                    HttpHeaders.LINK,
                    "<%s?%slimit=%s&cursor=%s>; rel=\"next\"".formatted(ADMIN, filter, limit, page.next()));
        }
        try (Csv csv = Csv.answer(response, "payouts.csv", COLUMNS)) {
            rows(csv, page.rows());
            while (limit == null && page.next() != null) {
                page = slice(asked, null, MOST, page.next());
                rows(csv, page.rows());
            }
        }
    }

    private void rows(Csv csv, List<Payout> page) throws IOException {
        for (Payout payout : page) {
            if (!payout.creator().startsWith(SANDBOX)) {
                row(csv, OnePayout.of(payout), payout.micros());
            }
        }
    }

    private void row(Csv csv, OnePayout payout, Micros micros) throws IOException {
        csv.row(
                payout.id(),
                payout.creator(),
                micros.value(),
                micros,
                currency,
                payout.state(),
                payout.waits(),
                payout.requestedAt(),
                payout.requestedBy(),
                payout.endedAt(),
                payout.endedBy(),
                payout.reference(),
                payout.reason());
    }

    @Operation(summary = "The creator's payouts, the newest first")
    @Problems({Problem.CREATOR_INVALID, Problem.LIMIT_INVALID, Problem.CURSOR_INVALID})
    @GetMapping(path = "/v1/creators/{creator}/payouts", produces = MediaType.APPLICATION_JSON_VALUE)
    PayoutPage own(
            @PathVariable("creator") String creator,
            @RequestParam(name = "limit", required = false) @Nullable String limit,
            @Parameter(description = "'next' of the page before")
                    @RequestParam(name = "cursor", required = false)
                    @Nullable
                    String cursor) {
        return page(null, new Creator(creator).id(), limit, cursor);
    }

    private static @Nullable State state(@Nullable String name) {
        return name == null
                ? null
                : Arrays.stream(State.values())
                        .filter(state -> state.wireName().equals(name))
                        .findFirst()
                        .orElseThrow(() ->
                                Problem.PAYOUT_INVALID.because("state '%s' is none of requested paid failed", name));
    }

    private PayoutPage page(
            @Nullable State state, @Nullable String creator, @Nullable String limit, @Nullable String cursor) {
        Paging.Slice<Payout> page = slice(state, creator, Paging.limit(limit, STANDARD_LIMIT, MOST), cursor);
        return new PayoutPage(page.rows().stream().map(OnePayout::of).toList(), page.next());
    }

    private Paging.Slice<Payout> slice(
            @Nullable State state, @Nullable String creator, int count, @Nullable String cursor) {
        return Paging.slice(
                payouts.page(state, creator, Paging.below(cursor), count + 1),
                count,
                last -> Paging.cursor(last.number()));
    }
}
