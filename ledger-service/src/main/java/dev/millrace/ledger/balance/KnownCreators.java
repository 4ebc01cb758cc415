package dev.millrace.ledger.balance;

import dev.millrace.ledger.creator.CreatorId;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Tells a creator who has nothing to show from one nobody has heard of. */
public final class KnownCreators {
    private final LiveBalance balances;
    private final JdbcClient jdbc;

    KnownCreators(LiveBalance balances, JdbcClient jdbc) {
        this.balances = balances;
        this.jdbc = jdbc;
    }

    /**
     * Returns when the creator has an account or something pending. Redis is asked only where there is no account.
     *
     * @throws ProblemException when nothing is known of the creator, or when that can't be told now
     */
    public void require(CreatorId creator) {
        if (hasAccount(creator)) {
            return;
        }
        switch (balances.read(creator)) {
            case BalanceReading.Live _ -> {}
            case BalanceReading.Unknown _ -> throw unknown(creator);
            case BalanceReading.Unavailable now -> throw unavailable(now);
        }
    }

    private boolean hasAccount(CreatorId creator) {
        return jdbc.sql("SELECT EXISTS (SELECT FROM account WHERE name = :account)")
                .param("account", creator.account())
                .query(Boolean.class)
                .single();
    }

    static ProblemException unknown(CreatorId creator) {
        return Problem.CREATOR_UNKNOWN.because("creator '%s' has earned nothing yet", creator);
    }

    static ProblemException unavailable(BalanceReading.Unavailable now) {
        return Problem.COUNTERS_UNAVAILABLE.because(now.reason());
    }
}
