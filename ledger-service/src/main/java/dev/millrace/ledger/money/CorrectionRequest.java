package dev.millrace.ledger.money;

import dev.millrace.books.Corrections;
import dev.millrace.common.token.ArticleId;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.media.Schema;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A correction as asked for: units or micros of one article of one creator, or in bulk all of a range. Numbers are read as decimals of any size, so
 * that 0.5 micros is refused and not rounded.
 *
 * @param from the first day (UTC) of a bulk correction, or the moment from which on its entries were booked
 * @param to the last day, or the moment before which they were
 */
record CorrectionRequest(
        @Schema(
                example = "demo",
                description = "who paid; may be left out below /v1/publishers/{publisher}",
                nullable = true)
        @Nullable
        String publisher,

        @Schema(example = "c-42", nullable = true) @Nullable String creator,

        @Schema(example = "/articles/7", nullable = true) @Nullable
        String article,

        @Schema(example = "comment", description = "needed with units", nullable = true) @Nullable
        String type,

        @Schema(implementation = Long.class, minimum = "1", example = "40", nullable = true) @Nullable
        BigDecimal units,

        @Schema(implementation = Long.class, minimum = "1", description = "instead of units", nullable = true) @Nullable
        BigDecimal micros,

        @Schema(
                example = "2026-11-02",
                description = "of a bulk correction: a day, or a moment such as 2026-11-02T14:03:00Z",
                nullable = true)
        @Nullable
        String from,

        @Schema(
                example = "2026-11-03",
                description = "the last day, or the moment at which the range ends",
                nullable = true)
        @Nullable
        String to,

        @Schema(description = "of a bulk correction: these alone", nullable = true) @Nullable
        List<@Nullable String> creators,

        @Schema(example = "the comment was deleted", requiredMode = Schema.RequiredMode.REQUIRED, maxLength = 500)
        @Nullable
        String reason,

        @Schema(example = "ticket-311", nullable = true) @Nullable
        String reference,

        @Schema(description = "an operator's word that a balance may fall below zero", nullable = true) @Nullable
        Boolean allowNegative) {

    private static final Fields FIELDS = new Fields(Problem.CORRECTION_INVALID);
    private static final int MOST_CREATORS = 10_000;

    boolean mayBeNegative() {
        return Boolean.TRUE.equals(allowNegative);
    }

    /**
     * What is asked for.
     *
     * @param ofPath the publisher that the path names, or null
     * @throws dev.millrace.service.problem.ProblemException naming the first field that can't be used
     */
    Corrections.Request checked(@Nullable String ofPath) {
        String payer = publisher(ofPath);
        String why = FIELDS.text("reason", reason);
        String own = FIELDS.optionalText("reference", reference);
        return from == null && to == null && creators == null ? ofArticle(payer, why, own) : inBulk(payer, why, own);
    }

    private String publisher(@Nullable String ofPath) {
        String named = publisher == null ? ofPath : publisher;
        if (named == null) {
            throw Problem.CORRECTION_INVALID.because("publisher is missing; it is the one that paid");
        }
        if (!Kid.PUBLISHER.matcher(named).matches()) {
            throw Problem.CORRECTION_INVALID.because("publisher '%s' is not of the form [a-z0-9-]{1,32}", named);
        }
        if (ofPath != null && !ofPath.equals(named)) {
            throw Problem.CORRECTION_INVALID.because("publisher '%s' is not that of the address, '%s'", named, ofPath);
        }
        return named;
    }

    private Corrections.Request ofArticle(String payer, String why, @Nullable String own) {
        if (creator == null || article == null) {
            throw Problem.CORRECTION_INVALID.because(
                    "%s is missing; a correction is of creator and article, or in bulk of from and to",
                    creator == null ? "creator" : "article");
        }
        if (!ArticleId.matches(article)) {
            throw Problem.CORRECTION_INVALID.because(
                    "article '%s' is not 1 to %d characters without a control character",
                    article, ArticleId.MOST_CHARACTERS);
        }
        if ((units == null) == (micros == null)) {
            throw Problem.CORRECTION_INVALID.because(
                    units == null
                            ? "neither units nor micros is named"
                            : "both units and micros are named; it takes one of them");
        }
        if (units != null && type == null) {
            throw Problem.CORRECTION_INVALID.because("type is missing; units are of one type");
        }
        return new Corrections.Request(
                payer,
                List.of(new Creator(creator).id()),
                article,
                checkedType(),
                null,
                null,
                null,
                null,
                FIELDS.positive("units", units),
                FIELDS.positive("micros", micros),
                why,
                own);
    }

    private @Nullable String checkedType() {
        if (type != null && EventType.named(type).isEmpty()) {
            throw Problem.CORRECTION_INVALID.because("type '%s' is none of %s", type, EventType.names(" "));
        }
        return type;
    }

    private Corrections.Request inBulk(String payer, String why, @Nullable String own) {
        if (from == null || to == null) {
            throw Problem.CORRECTION_INVALID.because(
                    "%s is missing; a bulk correction has both", from == null ? "from" : "to");
        }
        if (creator != null || article != null || type != null || units != null || micros != null) {
            throw Problem.CORRECTION_INVALID.because(
                    "a bulk correction takes from, to and creators; creator, article, type, units and micros are of a single one");
        }
        List<String> alone = alone();
        if (Fields.isDay(from) != Fields.isDay(to)) {
            throw Problem.CORRECTION_INVALID.because(
                    "from '%s' and to '%s' are a day and a moment; both are the same kind", from, to);
        }
        boolean byDay = Fields.isDay(from);
        Instant since = byDay ? null : FIELDS.moment("from", from);
        Instant until = byDay ? null : FIELDS.moment("to", to);
        // An entry of a day's first seconds is for the engagement of the day before.
        LocalDate first = since == null
                ? FIELDS.day("from", from)
                : since.atOffset(ZoneOffset.UTC).toLocalDate().minusDays(1);
        LocalDate last = until == null
                ? FIELDS.day("to", to)
                : until.atOffset(ZoneOffset.UTC).toLocalDate();
        if (since != null && until != null && !since.isBefore(until)) {
            throw Problem.CORRECTION_INVALID.because(
                    "from '%s' is not before to '%s', which is not included", from, to);
        }
        if (first.isAfter(last)) {
            throw Problem.CORRECTION_INVALID.because("from '%s' is after to '%s'", from, to);
        }
        return new Corrections.Request(payer, alone, null, null, first, last, since, until, null, null, why, own);
    }

    /** The creators of a bulk correction; null: all. */
    private @Nullable List<String> alone() {
        if (creators == null) {
            return null;
        }
        if (creators.isEmpty() || creators.size() > MOST_CREATORS) {
            throw Problem.CORRECTION_INVALID.because(
                    "creators names %d creators, not 1 to %d", creators.size(), MOST_CREATORS);
        }
        if (creators.contains(null)) {
            throw Problem.CORRECTION_INVALID.because(
                    "creators[%d] is null; each is the id of a creator", creators.indexOf(null));
        }
        return creators.stream().map(id -> new Creator(id).id()).distinct().toList();
    }
}
