package dev.millrace.ledger.catalog;

import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.http.HttpHeaders;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes changes to the catalogue, one at a time in the whole installation, and publishes each before it is answered.
 *
 * <p>A change is made once the database has committed it. If Redis can't be reached then, the change is not undone: it is
 * answered as made, with {@value #PUBLISHED} {@code false}, and is in force within a second or two of Redis' return.
 *
 * <p>No change is made while Redis holds a catalogue that the database does not know; see {@link CatalogPublisher}.
 */
class CatalogChanges {
    /** Header of an answer: whether the change is published, hence in force at ingest within two seconds. */
    static final String PUBLISHED = "Millrace-Catalog-Published";

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final CatalogPublisher publisher;

    CatalogChanges(JdbcClient jdbc, PlatformTransactionManager transactions, CatalogPublisher publisher) {
        this.jdbc = jdbc;
        this.transaction = new TransactionTemplate(transactions);
        this.publisher = publisher;
    }

    /**
     * What has been made.
     *
     * @param published whether Redis holds it
     */
    record Made<T>(T value, boolean published) {
        HttpHeaders headers() {
            HttpHeaders headers = new HttpHeaders();
            headers.set(PUBLISHED, Boolean.toString(published));
            return headers;
        }
    }

    /**
     * Makes the change in a transaction that no other change runs beside.
     *
     * @throws dev.millrace.ledger.problem.ProblemException {@code catalog-behind}, or what the change throws
     */
    <T> Made<T> make(Supplier<T> change) {
        T value;
        try {
            value = Objects.requireNonNull(transaction.execute(status -> {
                jdbc.sql("SELECT pg_advisory_xact_lock(hashtext('millrace.catalog'))")
                        .query()
                        .singleRow();
                publisher.requireInStep();
                return change.get();
            }));
        } catch (RuntimeException | Error e) {
            publisher.somethingMayHaveChanged(); // it may be committed, and only its answer lost
            throw e;
        }
        return new Made<>(value, publisher.publish());
    }
}
