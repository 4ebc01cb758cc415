package dev.millrace.ledger.database;

/** The database is one of release 0.1, which this release does not migrate. */
public final class OldDatabaseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OldDatabaseException() {
        super(
                "This database was made by release 0.1 (partition_cursor has a column 'opening'); 0.2 can't go on with it");
    }
}
