package dev.millrace.ledger.creator;

import dev.millrace.books.PublisherRegister;
import dev.millrace.service.problem.Problem;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Tells a publisher that has spent nothing from one that does not exist. */
public final class KnownPublishers {
    private final PublisherRegister register;

    public KnownPublishers(JdbcClient jdbc) {
        this.register = new PublisherRegister(jdbc);
    }

    /** @throws dev.millrace.service.problem.ProblemException {@code publisher-unknown} */
    public void require(String id) {
        if (!register.exists(id)) {
            throw Problem.PUBLISHER_UNKNOWN.because("there is no publisher '%s'", id);
        }
    }
}
