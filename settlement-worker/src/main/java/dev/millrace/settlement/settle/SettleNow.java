package dev.millrace.settlement.settle;

import dev.millrace.books.Audit;
import dev.millrace.service.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code POST /actuator/settle}: a settlement at once, for a person on the same machine. It takes the header
 * {@code X-Millrace-Settle: now}, which no page in a browser may send unasked to another origin.
 */
@RestController
public final class SettleNow {
    private static final Logger log = LoggerFactory.getLogger(SettleNow.class);
    private static final String HEADER = "X-Millrace-Settle";

    private final Settlement settlement;
    private final Audit audit;

    SettleNow(Settlement settlement, JdbcClient jdbc) {
        this.settlement = settlement;
        this.audit = new Audit(jdbc);
    }

    @PostMapping("/actuator/settle")
    Settled settle(HttpServletRequest request) throws UnknownHostException {
        if (!InetAddress.getByName(request.getRemoteAddr()).isLoopbackAddress()) {
            throw Problem.LOOPBACK_ONLY.because("a settlement can be asked for from the worker's own machine only");
        }
        if (!"now".equals(request.getHeader(HEADER))) {
            throw Problem.SETTLE_HEADER_MISSING.because("send the header " + HEADER + ": now with the request");
        }
        Settled settled = settleAll();
        trace(settled);
        if (!settled.complete()) {
            throw Problem.SETTLEMENT_INCOMPLETE.because(
                    "some partitions wait for Redis or its replicas, or to be compared with the ledger; %d epochs of others are settled",
                    settled.epochs());
        }
        return settled;
    }

    private void trace(Settled settled) {
        try {
            Map<String, Object> after =
                    Map.of("epochs", settled.epochs(), "micros", settled.micros(), "complete", settled.complete());
            audit.add(Audit.Actor.local(), "settle", "all", null, after, null);
        } catch (DataAccessException e) {
            log.warn("a settlement that was asked for left no row in the audit trail: {}", e.toString());
        }
    }

    private Settled settleAll() {
        try {
            return settlement.settleAll();
        } catch (RuntimeException e) {
            log.warn("a settlement that was asked for failed: {}", e.toString());
            throw Problem.SETTLEMENT_FAILED.because(
                    "the settlement failed, or its outcome is unknown; the next run finds out and goes on from there");
        }
    }
}
