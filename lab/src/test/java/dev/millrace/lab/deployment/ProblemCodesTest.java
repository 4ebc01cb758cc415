package dev.millrace.lab.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.service.problem.Problem;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Callers decide by a problem's code, so docs/reference lists each of them. */
class ProblemCodesTest {
    private static final String DOCS =
            Repository.text("docs/reference/ledger-api.md") + Repository.text("docs/reference/events-api.md");

    @ParameterizedTest
    @EnumSource
    void everyCodeIsDocumented(Problem problem) {
        assertThat(DOCS).contains("`" + problem.code() + "`");
    }
}
