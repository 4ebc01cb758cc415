package dev.millrace.ledger.problem;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemWriter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.springframework.dao.DataIntegrityViolationException;

class LedgerProblemsTest {
    private final LedgerProblems problems = new LedgerProblems(new ProblemWriter(new SimpleMeterRegistry()));

    private Problem of(PSQLState state) {
        return problems.translate(new DataIntegrityViolationException("x", new PSQLException("x", state)))
                .problem();
    }

    @Test
    void aValueThatPostgresCanNotKeepIsTheRequestsFault() {
        for (PSQLState state : List.of(
                PSQLState.NUMERIC_VALUE_OUT_OF_RANGE, // 22003
                PSQLState.DATETIME_OVERFLOW, // 22008
                PSQLState.INVALID_PARAMETER_VALUE, // 22023
                PSQLState.STRING_DATA_RIGHT_TRUNCATION)) {
            assertThat(of(state)).as(state.getState()).isEqualTo(Problem.REQUEST_MALFORMED);
        }
        assertThat(of(PSQLState.NOT_NULL_VIOLATION)).isEqualTo(Problem.INTERNAL);
    }
}
