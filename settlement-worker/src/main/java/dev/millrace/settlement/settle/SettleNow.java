package dev.millrace.settlement.settle;

import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code POST /actuator/settle}: a settlement at once, for whoever sits on the same machine. It takes the header
 * {@code X-Millrace-Settle: now}, which no page in a browser may send unasked to another origin.
 */
@RestController
class SettleNow {
    private static final Logger log = LoggerFactory.getLogger(SettleNow.class);
    private static final String HEADER = "X-Millrace-Settle";
    private static final String RETRY_SECONDS = "2";

    private final Settlement settlement;

    SettleNow(Settlement settlement) {
        this.settlement = settlement;
    }

    @PostMapping("/actuator/settle")
    ResponseEntity<Object> settle(HttpServletRequest request) throws UnknownHostException {
        if (!InetAddress.getByName(request.getRemoteAddr()).isLoopbackAddress()) {
            return problem(
                    HttpStatus.FORBIDDEN,
                    "loopback-only",
                    "A settlement can be asked for from the worker's own machine only");
        }
        if (!"now".equals(request.getHeader(HEADER))) {
            return problem(
                    HttpStatus.FORBIDDEN,
                    "settle-header-missing",
                    "Send the header " + HEADER + ": now with the request");
        }
        try {
            Settled settled = settlement.settleAll();
            return settled.complete()
                    ? ResponseEntity.ok(settled)
                    : problem(
                            HttpStatus.SERVICE_UNAVAILABLE,
                            "settlement-incomplete",
                            "Some partitions wait for Redis or its replicas, or to be compared with the ledger; %d epochs of others are settled"
                                    .formatted(settled.epochs()));
        } catch (RuntimeException e) {
            log.warn("a settlement that was asked for failed: {}", e.toString());
            return problem(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "settlement-failed",
                    "The settlement failed, or its outcome is unknown; the next run finds out and goes on from there");
        }
    }

    private static ResponseEntity<Object> problem(HttpStatus status, String code, String text) {
        ProblemDetail detail = ProblemDetail.forStatusAndDetail(status, text);
        detail.setType(URI.create("urn:millrace:problem:" + code));
        detail.setProperty("code", code);
        ResponseEntity.BodyBuilder response = ResponseEntity.status(status);
        if (status.is5xxServerError()) {
            response.header(HttpHeaders.RETRY_AFTER, RETRY_SECONDS);
        }
        return response.body(detail);
    }
}
