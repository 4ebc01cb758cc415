package dev.millrace.lab.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.service.problem.Problem;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Callers decide by a problem's code, so docs/reference lists each of them; a refused page token has the code of its rejection instead. */
class ProblemCodesTest {
    private static final String DOCS =
            Repository.text("docs/reference/ledger-api.md") + Repository.text("docs/reference/events-api.md");

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TOKEN_REJECTED")
    void everyCodeIsDocumented(Problem problem) {
        assertThat(DOCS).contains("`" + problem.code() + "`");
    }
}
