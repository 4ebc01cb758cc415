package dev.millrace.ingest.receive;

import dev.millrace.common.token.Kid;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.ingest.catalog.CatalogFollower;
import dev.millrace.ingest.verdict.KeyHolder;
import dev.millrace.ingest.verdict.KeyReport;
import dev.millrace.ingest.verdict.VerdictReader;
import dev.millrace.ingest.verify.CountersUnavailableException;
import dev.millrace.service.problem.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/** Tells the holder of a key what became of its publisher's events, and nobody else. Thread-safe. */
final class KeyReports {
    private static final String CHALLENGE = "Basic realm=\"millrace\"";

    private final KeyHolder holders;
    private final VerdictReader verdicts;
    private final CatalogFollower catalog;
    private final RedisConnections redis;

    KeyReports(KeyHolder holders, VerdictReader verdicts, CatalogFollower catalog, RedisConnections redis) {
        this.holders = holders;
        this.verdicts = verdicts;
        this.catalog = catalog;
        this.redis = redis;
    }

    /**
     * @param authorization the header
     * @throws dev.millrace.service.problem.ProblemException when it is not that of a key that signs, or this node can't tell now
     */
    KeyReport of(@Nullable String authorization) {
        try {
            long second = redis.requiredSecond();
            Kid kid = holders.holder(authorization, catalog.required(), second)
                    .orElseThrow(() -> Problem.UNAUTHORIZED
                            .because(
                                    "Authorization is not that of a key that signs: Basic, the kid as user and its secret as password (curl -u KID:SECRET)")
                            .with(HttpHeaders.WWW_AUTHENTICATE, CHALLENGE));
            return verdicts.read(kid, second);
        } catch (CountersUnavailableException e) {
            throw Problem.COUNTERS_UNAVAILABLE.because(e.why() + "; try again");
        } catch (RedisUnavailableException | RedisRefusedException e) {
            throw Problem.COUNTERS_UNAVAILABLE.because(e.getMessage() + "; try again");
        }
    }
}
