package dev.millrace.lab.bench;

/**
 * What has been spent since the servers started.
 *
 * @param statements SQL statements that Postgres has run
 * @param rowsWritten rows it has inserted, updated and deleted
 * @param redisBytes memory of Redis' data, in bytes
 * @param remembered identities that are remembered there
 */
public record Costs(long statements, long rowsWritten, long redisBytes, long remembered) {
    static final Costs NONE = new Costs(0, 0, 0, 0);

    public Costs minus(Costs earlier) {
        return new Costs(
                statements - earlier.statements,
                rowsWritten - earlier.rowsWritten,
                redisBytes - earlier.redisBytes,
                remembered - earlier.remembered);
    }

    Costs plus(Costs other) {
        return new Costs(
                statements + other.statements,
                rowsWritten + other.rowsWritten,
                redisBytes + other.redisBytes,
                remembered + other.remembered);
    }
}
