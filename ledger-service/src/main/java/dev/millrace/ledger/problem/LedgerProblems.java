package dev.millrace.ledger.problem;

import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.service.ReadOnlyEviction;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import dev.millrace.service.problem.ProblemHandler;
import dev.millrace.service.problem.ProblemWriter;
import java.sql.SQLException;
import java.util.Map;
import org.postgresql.util.PSQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Turns failures of the ledger's stores into problems, too. It logs no line a request: the class that follows a store logs its outage once. */
@RestControllerAdvice
public final class LedgerProblems extends ProblemHandler {
    private static final Logger log = LoggerFactory.getLogger(LedgerProblems.class);

    /** Class of the SQLSTATEs that a value causes which Postgres can't keep: an overflow, a NUL in a text, a year that it does not know. */
    private static final String DATA_EXCEPTION = "22";

    /** What the schema's functions refuse, by SQLSTATE. */
    private static final Map<String, Problem> REFUSALS = Map.of(
            "MREXP", Problem.CORRECTION_EXCEEDS_PAID,
            "MRLAT", Problem.CORRECTION_TOO_LATE,
            "MRNEG", Problem.CORRECTION_BELOW_ZERO,
            "MRAVL", Problem.PAYOUT_EXCEEDS_AVAILABLE,
            "MRSTA", Problem.PAYOUT_STATE,
            "MRTWO", Problem.FORBIDDEN);

    LedgerProblems(ProblemWriter writer) {
        super(writer);
    }

    @Override
    public ProblemException translate(Exception e) {
        if (e instanceof RedisUnavailableException) {
            log.debug("Redis can't be used", e);
            return Problem.COUNTERS_UNAVAILABLE.because("Redis does not answer; try again");
        }
        if (e instanceof TransactionException || (e instanceof DataAccessException failure && isOutage(failure))) {
            log.debug("the ledger can't be reached", e);
            return Problem.LEDGER_UNAVAILABLE.because("Postgres does not answer, or takes no changes now; try again");
        }
        if (e instanceof DataAccessException failure && failure.getMostSpecificCause() instanceof PSQLException cause) {
            if (String.valueOf(cause.getSQLState()).startsWith(DATA_EXCEPTION)) {
                log.warn("a request's value came as far as Postgres, which can't keep it", e);
                return Problem.REQUEST_MALFORMED.because("the request has a value that the ledger can't keep");
            }
            Problem problem = REFUSALS.get(cause.getSQLState());
            if (problem != null && cause.getServerErrorMessage() != null) {
                return problem.because(
                        String.valueOf(cause.getServerErrorMessage().getMessage()));
            }
        }
        return super.translate(e);
    }

    private static boolean isOutage(DataAccessException e) {
        return e instanceof TransientDataAccessException
                || e instanceof DataAccessResourceFailureException
                || e instanceof NonTransientDataAccessResourceException
                || e instanceof RecoverableDataAccessException
                || isReadOnly(e);
    }

    /** The server is no primary any more. */
    private static boolean isReadOnly(DataAccessException e) {
        return e.getMostSpecificCause() instanceof SQLException cause
                && ReadOnlyEviction.READ_ONLY.equals(cause.getSQLState());
    }
}
