package dev.millrace.lab.stack;

/**
 * What has been spent since the servers started.
 *
 * @param statements SQL statements that Postgres has run
 * @param rowsWritten rows it has inserted, updated and deleted
 * @param redisBytes memory of Redis' data, in bytes
 * @param remembered identities that are remembered there
 * @param redisMicros microseconds of Redis' CPU
 */
public record Costs(long statements, long rowsWritten, long redisBytes, long remembered, long redisMicros) {
    public static final Costs NONE = new Costs(0, 0, 0, 0, 0);

    /** Of Redis' CPU alone. */
    public static Costs ofRedis(long micros) {
        return new Costs(0, 0, 0, 0, micros);
    }

    public Costs minus(Costs earlier) {
        return new Costs(
                statements - earlier.statements,
                rowsWritten - earlier.rowsWritten,
                redisBytes - earlier.redisBytes,
                remembered - earlier.remembered,
                redisMicros - earlier.redisMicros);
    }

    public Costs plus(Costs other) {
        return new Costs(
                statements + other.statements,
                rowsWritten + other.rowsWritten,
                redisBytes + other.redisBytes,
                remembered + other.remembered,
                redisMicros + other.redisMicros);
    }
}
