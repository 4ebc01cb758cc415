package dev.millrace.ledger.act;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.millrace.books.Audit;
import dev.millrace.ledger.creator.Paging;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/admin/audit}. */
@RestController
@Tag(name = "Audit")
final class AuditEndpoint {
    private static final int STANDARD_LIMIT = 50;
    private static final int MOST = 200;

    private final Audit audit;

    AuditEndpoint(Acts acts) {
        this.audit = new Audit(acts.jdbc());
    }

    /**
     * An act.
     *
     * @param number counts from 1, without gaps
     * @param token jti of the bearer token
     */
    record AuditEntry(
            long number,
            Instant at,
            @Schema(example = "ann") String subject,
            @Schema(nullable = true) @Nullable String token,
            @Schema(example = "key.create") String action,
            @Schema(example = "demo.2") String target,

            @Schema(type = "object", nullable = true) @JsonRawValue @Nullable
            String before,

            @Schema(type = "object", nullable = true) @JsonRawValue @Nullable
            String after,

            @Schema(nullable = true) @Nullable String reason) {}

    record AuditPage(
            List<AuditEntry> entries,
            @Schema(nullable = true) @Nullable String next) {}

    @Operation(summary = "Every act of administration, the newest first; nobody can change one")
    @Problems({Problem.LIMIT_INVALID, Problem.CURSOR_INVALID})
    @GetMapping(path = "/v1/admin/audit", produces = MediaType.APPLICATION_JSON_VALUE)
    AuditPage audit(
            @RequestParam(name = "limit", required = false) @Nullable String limit,
            @Parameter(description = "'next' of the page before")
                    @RequestParam(name = "cursor", required = false)
                    @Nullable
                    String cursor) {
        int count = Paging.limit(limit, STANDARD_LIMIT, MOST);
        Paging.Slice<Audit.Entry> page =
                Paging.slice(audit.page(Paging.below(cursor), count + 1), count, last -> Paging.cursor(last.number()));
        return new AuditPage(
                page.rows().stream()
                        .map(entry -> new AuditEntry(
                                entry.number(),
                                entry.at(),
                                entry.actor().subject(),
                                entry.actor().token(),
                                entry.action(),
                                entry.target(),
                                entry.before(),
                                entry.after(),
                                entry.reason()))
                        .toList(),
                page.next());
    }
}
