package dev.millrace.ingest.overload;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BudgetTest {
    @Test
    void whatDoesNotFitIsTurnedAwayWholeAndTakesNothing() {
        Budget budget = new Budget(10);
        assertThat(budget.enter(6)).isTrue();
        assertThat(budget.enter(5)).isFalse();
        assertThat(budget.taken()).isEqualTo(6);
        assertThat(budget.enter(4)).isTrue();
        budget.leave(6);
        assertThat(budget.taken()).isEqualTo(4);
        assertThat(budget.enter(6)).isTrue();
    }
}
