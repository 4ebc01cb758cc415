package dev.millrace.ledger;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EarnField;
import dev.millrace.common.identity.Identity;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.flywaydb.core.Flyway;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A database and a Redis, and what ingest-api and settlement-worker do to them, one step at a time. */
public final class Stores implements AutoCloseable {
    public static final String PUBLISHER = "demo";

    private final String jdbcUrl;
    private final String redisUrl;
    private final String password;
    private final JdbcClient owner;
    private final JdbcClient settler;
    private final TransactionTemplate transaction;
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;

    public Stores(String jdbcUrl, String redisUrl, String password) {
        this.jdbcUrl = jdbcUrl;
        this.redisUrl = redisUrl;
        this.password = password;
        this.owner = JdbcClient.create(new DriverManagerDataSource(jdbcUrl, Databases.OWNER, password));
        DriverManagerDataSource asSettler = new DriverManagerDataSource(jdbcUrl, Databases.SETTLER, password);
        this.settler = JdbcClient.create(asSettler);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(asSettler));
        this.client = RedisClient.create(redisUrl);
        this.connection = client.connect();
    }

    /** Makes the schema, as ledger-service does. */
    static void migrate(String jdbcUrl, String password) {
        Flyway.configure().dataSource(jdbcUrl, Databases.OWNER, password).load().migrate();
    }

    /** Made at first use. */
    private static final class Migrated {
        private static final String DATABASE = make();

        private static String make() {
            String database = RealServers.freshDatabase();
            migrate(database, RealServers.password());
            return database;
        }
    }

    /** A fresh database with the schema, and one of Redis' own, emptied. */
    public static Stores fresh(int redisDatabase) {
        Stores stores = new Stores(
                RealServers.copyOf(Migrated.DATABASE),
                RealServers.redisUrl() + "/" + redisDatabase,
                RealServers.password());
        stores.redis().flushdb();
        return stores;
    }

    public String jdbcUrl() {
        return jdbcUrl;
    }

    public String redisUrl() {
        return redisUrl;
    }

    public String password() {
        return password;
    }

    public RedisCommands<String, String> redis() {
        return connection.sync();
    }

    public JdbcClient owner() {
        return owner;
    }

    public void publisher(String publisher) {
        owner.sql("INSERT INTO publisher (publisher) VALUES (?) ON CONFLICT DO NOTHING")
                .param(publisher)
                .update();
    }

    /** What a worker does the first time it looks. */
    public void openCounters() {
        publisher(PUBLISHER);
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            redis().set(keys(partition).epoch(), "1");
        }
        compareCounters();
        settler.sql("UPDATE partition_cursor SET opening = 1").update();
    }

    /** What a worker does when it finds that Redis is another process. */
    public void compareCounters() {
        Matcher process = Pattern.compile("run_id:(\\w+)").matcher(redis().info("server"));
        if (!process.find()) {
            throw new IllegalStateException("INFO server names no run_id");
        }
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            redis().set(keys(partition).run(), process.group(1));
        }
    }

    public static CounterKeys keys(int partition) {
        return new CounterKeys(partition);
    }

    /** Counts an event in the open epoch. */
    public void count(int partition, String publisher, String creator, long micros) {
        // one script, as at ingest: the pointer can't move between looking at it and counting
        redis().eval(
                        """
                        local epoch = redis.call('GET', KEYS[1])
                        local earn = ARGV[1] .. epoch
                        redis.call('HINCRBYFLOAT', earn, ARGV[2], ARGV[3])
                        return redis.call('HINCRBYFLOAT', earn, '#micros', ARGV[3])
                        """,
                        io.lettuce.core.ScriptOutputType.VALUE,
                        new String[] {keys(partition).epoch()},
                        keys(partition).earn(0).replaceAll("0$", ""),
                        new EarnField(publisher, creator).encode(),
                        Long.toString(micros));
    }

    public void count(int partition, String creator, long micros) {
        count(partition, PUBLISHER, creator, micros);
    }

    public long pointer(int partition) {
        return Long.parseLong(redis().get(keys(partition).epoch()));
    }

    public long settledEpoch(int partition) {
        return settler.sql("SELECT settled_epoch FROM partition_cursor WHERE partition = ?")
                .param(partition)
                .query(Long.class)
                .single();
    }

    /** Seals the open epoch. */
    public void seal(int partition) {
        redis().eval(
                        """
                        local epoch = redis.call('GET', KEYS[1])
                        redis.call('HSET', ARGV[1] .. epoch, '#sealed', '1')
                        return redis.call('GETSET', KEYS[1], string.format('%.0f', epoch + 1))
                        """,
                        io.lettuce.core.ScriptOutputType.VALUE,
                        new String[] {keys(partition).epoch()},
                        keys(partition).earn(0).replaceAll("0$", ""));
    }

    /** Settles the epoch after the one settled last, which must be sealed. */
    public void settle(int partition) {
        long epoch = settledEpoch(partition) + 1;
        Map<String, String> hash = redis().hgetall(keys(partition).earn(epoch));
        if (!hash.containsKey(ControlField.SEALED)) {
            throw new IllegalStateException("epoch %d of partition %d is not sealed".formatted(epoch, partition));
        }
        Map<EarnField, Long> credits = new TreeMap<>(java.util.Comparator.comparing(EarnField::encode));
        hash.forEach((field, micros) -> {
            if (!field.startsWith("#") && !micros.equals("0")) {
                credits.put(EarnField.parse(field), Long.parseLong(micros));
            }
        });
        inTransaction(() -> {
            if (!credits.isEmpty()) {
                book(Instant.now(), credits);
            }
            long micros = credits.values().stream().mapToLong(Long::longValue).sum();
            settler.sql("""
                            INSERT INTO settled_epoch (partition, epoch, settled_at, sealed_at, micros, events)
                            VALUES (:partition, :epoch, clock_timestamp(), clock_timestamp(), :micros, 0)
                            """)
                    .param("epoch", epoch)
                    .param("partition", partition)
                    .param("micros", micros)
                    .update();
            return settler.sql("""
                            UPDATE partition_cursor
                            SET settled_epoch = :epoch, settled_micros = settled_micros + :micros,
                                settled_at = clock_timestamp(), sealed_at = clock_timestamp()
                            WHERE partition = :partition AND settled_epoch = :epoch - 1
                            """)
                    .param("epoch", epoch)
                    .param("partition", partition)
                    .param("micros", micros)
                    .update();
        });
    }

    public void sealAndSettle(int partition) {
        seal(partition);
        settle(partition);
    }

    /** Forgets a settled epoch's hash. */
    public void release(int partition, long epoch) {
        redis().unlink(keys(partition).earn(epoch));
    }

    public <T> T inTransaction(Supplier<T> work) {
        return java.util.Objects.requireNonNull(transaction.execute(status -> work.get()));
    }

    /** Books a journal: inside a transaction. */
    public long book(Instant at, Map<EarnField, Long> credits) {
        long journal = settler.sql("""
                        INSERT INTO journal (journal_id, created_at, kind, events, prev_hash, hash)
                        SELECT journal_id + 1, :at, 'settlement', 1, hash, sha256(hash) FROM chain_head FOR UPDATE
                        RETURNING journal_id
                        """)
                .param("at", at.atOffset(ZoneOffset.UTC))
                .query(Long.class)
                .single();
        Map<String, Long> debits = new TreeMap<>();
        credits.forEach((field, micros) -> {
            post("creator:" + field.creator(), at, journal, field.publisher(), micros);
            debits.merge(field.publisher(), micros, Math::addExact);
        });
        debits.forEach((publisher, micros) -> post("publisher:" + publisher, at, journal, publisher, -micros));
        settler.sql("""
                        UPDATE chain_head h SET journal_id = j.journal_id, created_at = j.created_at, hash = j.hash
                        FROM journal j WHERE j.created_at = :at AND j.journal_id = h.journal_id + 1
                        """).param("at", at.atOffset(ZoneOffset.UTC)).update();
        return journal;
    }

    private void post(String account, Instant at, long journal, String publisher, long micros) {
        settler.sql("INSERT INTO account (name) VALUES (?) ON CONFLICT DO NOTHING")
                .param(account)
                .update();
        settler.sql("""
                        WITH a AS (SELECT account_id FROM account WHERE name = :account),
                        p AS (INSERT INTO posting (account_id, created_at, journal_id, publisher, micros)
                              SELECT account_id, :at, :journal, :publisher, :micros FROM a)
                        INSERT INTO balance AS b (account_id, micros, journal_id)
                        SELECT account_id, :micros, :journal FROM a
                        ON CONFLICT (account_id) DO UPDATE SET micros = b.micros + excluded.micros
                        """)
                .param("account", account)
                .param("at", at.atOffset(ZoneOffset.UTC))
                .param("journal", journal)
                .param("publisher", publisher)
                .param("micros", micros)
                .update();
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
