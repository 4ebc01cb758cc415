package dev.millrace.ledger.catalog;

import dev.millrace.common.token.Kid;
import dev.millrace.ledger.problem.Problems;
import dev.millrace.service.problem.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/admin/publishers}. */
@RestController
@Tag(name = "Catalogue")
final class PublisherEndpoint {
    private final PublisherRegister register;
    private final CatalogChanges changes;

    PublisherEndpoint(PublisherRegister register, CatalogChanges changes) {
        this.register = register;
        this.changes = changes;
    }

    record Publishers(List<PublisherRegister.Publisher> publishers) {}

    record NewPublisher(
            @Schema(pattern = "[a-z0-9-]{1,32}", example = "demo") @Nullable
            String publisher) {}

    @Operation(summary = "All publishers")
    @Problems(Problem.LEDGER_UNAVAILABLE)
    @GetMapping(path = "/v1/admin/publishers", produces = MediaType.APPLICATION_JSON_VALUE)
    Publishers publishers() {
        return new Publishers(register.publishers());
    }

    @Operation(summary = "Makes a publisher known")
    @Problems({
        Problem.PUBLISHER_INVALID,
        Problem.PUBLISHER_EXISTS,
        Problem.BODY_MALFORMED,
        Problem.CATALOG_BEHIND,
        Problem.LEDGER_UNAVAILABLE
    })
    @ResponseStatus(HttpStatus.CREATED)
    @PostMapping(
            path = "/v1/admin/publishers",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<PublisherRegister.Publisher> create(@RequestBody NewPublisher body) {
        String publisher = body.publisher();
        if (publisher == null || !Kid.PUBLISHER.matcher(publisher).matches()) {
            throw Problem.PUBLISHER_INVALID.because("publisher id '%s' is not of the form [a-z0-9-]{1,32}", publisher);
        }
        var made = changes.make(() -> register.create(publisher));
        return new ResponseEntity<>(made.value(), made.headers(), HttpStatus.CREATED);
    }
}
