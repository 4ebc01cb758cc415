package dev.millrace.ledger;

import com.google.common.base.Ticker;
import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.books.Journal;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.EpochControl;
import dev.millrace.counters.Link;
import dev.millrace.counters.LogPosition;
import dev.millrace.counters.Opening;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import dev.millrace.counters.Release;
import dev.millrace.counters.Sealing;
import dev.millrace.counters.TallyReply;
import dev.millrace.counters.TallyScript;
import dev.millrace.counters.TallySection;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A database and a Redis, and what ingest-api and settlement-worker do to them, one step at a time. */
public final class Stores implements AutoCloseable {
    public static final String PUBLISHER = "demo";

    private static final long CLOCK_TOLERANCE = 5;
    private static final Sealing.Spans SPANS = new Sealing.Spans(Duration.ofMinutes(130), Duration.ofDays(32));
    private static final TallyScript TALLY =
            new TallyScript("0123456789abcdef", Duration.ofHours(1), 0, Duration.ofSeconds(1));

    private final String jdbcUrl;
    private final String redisUrl;
    private final String password;
    private final List<HikariDataSource> pools = new ArrayList<>();
    private final JdbcClient owner;
    private final JdbcClient settler;
    private final TransactionTemplate transaction;
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final RedisConnections redisConnections;
    private final Map<Partition, LogPosition> positions = new ConcurrentHashMap<>();
    private long identity = new SecureRandom().nextLong();

    /** Who pays a creator. */
    public record Credit(String publisher, String creator) implements Comparable<Credit> {
        @Override
        public int compareTo(Credit other) {
            return (publisher + "|" + creator).compareTo(other.publisher + "|" + other.creator);
        }
    }

    public Stores(String jdbcUrl, String redisUrl, String password) {
        this.jdbcUrl = jdbcUrl;
        this.redisUrl = redisUrl;
        this.password = password;
        this.owner = JdbcClient.create(pool(Databases.OWNER));
        DataSource asSettler = pool(Databases.SETTLER);
        this.settler = JdbcClient.create(asSettler);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(asSettler));
        this.client = RedisClient.create(redisUrl);
        this.connection = client.connect();
        this.redisConnections = new RedisConnections(
                new RedisSettings(redisUrl, Duration.ofSeconds(10), Duration.ofSeconds(10)), Ticker.systemTicker());
        redisConnections.look();
        redisConnections.watch(Duration.ofMillis(500));
    }

    /** Connections that are kept: to make one takes longer than a statement. */
    public DataSource pool(String login) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(jdbcUrl);
        pool.setUsername(login);
        pool.setPassword(password);
        pool.setMinimumIdle(0);
        pool.setMaximumPoolSize(4);
        pools.add(pool);
        return pool;
    }

    /** Makes the schema, as `migrate` does. */
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

    /** The same stores, with connections of their own: for another service. */
    public Stores again() {
        return new Stores(jdbcUrl, redisUrl, password);
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

    public JdbcClient settler() {
        return settler;
    }

    public void publisher(String publisher) {
        owner.sql("INSERT INTO publisher (publisher) VALUES (?) ON CONFLICT DO NOTHING")
                .param(publisher)
                .update();
    }

    /** What a worker does the first time it looks. */
    public void openCounters() {
        publisher(PUBLISHER);
        Partition.all().forEach(partition -> open(partition, ""));
    }

    /** Opens a partition anew, under the next lineage; what it counted in the epochs above the settled one is quarantined. */
    public void open(Partition partition, String pointer) {
        long before = lineage(partition);
        long settled = settledEpoch(partition);
        Opening.Plan plan = new Opening.Plan(
                pointer,
                before == 0 ? "" : Long.toString(before),
                settled + 1,
                before + 1,
                0,
                0,
                0,
                now() + 60,
                before,
                settled,
                now(),
                CLOCK_TOLERANCE,
                List.of(settled + 1));
        if (!(Opening.open(link(partition), partition, plan) instanceof Opening.Result.Opened)) {
            throw new IllegalStateException("%s can't be opened".formatted(partition));
        }
        note(partition, before + 1);
        confirm(partition, settled + 1);
    }

    /** What a worker does when it finds that Redis is another process. */
    public void compareCounters() {
        redisConnections.look();
        Partition.all().forEach(this::raise);
    }

    /** Begins a new lineage of a partition whose counters are whole. */
    public void raise(Partition partition) {
        raiseInRedis(partition);
        note(partition, lineage(partition) + 1);
        confirm(partition, pointer(partition));
    }

    /** The first of the three steps. */
    public void raiseInRedis(Partition partition) {
        long before = lineage(partition);
        long anew = Opening.raise(
                link(partition),
                partition,
                Long.toString(pointer(partition)),
                Long.toString(before),
                before + 1,
                61,
                now());
        if (anew != 0) {
            throw new IllegalStateException("%s: %d logs were begun anew".formatted(partition, anew));
        }
    }

    /** The second one: the cursor is of this lineage. */
    public void note(Partition partition, long lineage) {
        settler.sql("UPDATE partition_cursor SET lineage = ? WHERE partition = ?")
                .params(lineage, partition.number())
                .update();
    }

    private void confirm(Partition partition, long pointer) {
        if (!Opening.confirm(
                link(partition),
                partition,
                Long.toString(pointer),
                lineage(partition),
                now(),
                CLOCK_TOLERANCE,
                SPANS)) {
            throw new IllegalStateException("%s can't be confirmed".formatted(partition));
        }
        positions.remove(partition);
    }

    private static long now() {
        return Instant.now().getEpochSecond();
    }

    private Link link(Partition partition) {
        return redisConnections.required(partition);
    }

    /** Counts an event in the open epoch, by the script that ingest-api counts with. */
    public synchronized void count(String publisher, String creator, long micros) {
        Partition partition = Partition.of(creator);
        TallySection section = new TallySection(partition, Retention.SHORT, 1);
        section.add(
                identity++,
                new EngagementName(publisher, creator, "/article", EventType.VIEW, 1),
                1,
                micros,
                now(),
                now() + 600,
                now() - 60);
        while (true) {
            LogPosition position =
                    positions.computeIfAbsent(partition, p -> new LogPosition(lineage(p), LogPosition.BEGINNING, 0));
            TallyReply reply = TALLY.count(
                            link(partition), List.of(new TallyScript.Part(section, position, pointer(partition))))
                    .join()
                    .sections()
                    .getFirst();
            if (reply instanceof TallyReply.Counted counted && counted.verdict(0) == 'A') {
                positions.put(partition, counted.position());
                return;
            }
            if (!(reply instanceof TallyReply.Moved)) {
                throw new IllegalStateException("not counted: " + reply);
            }
        }
    }

    public void count(String creator, long micros) {
        count(PUBLISHER, creator, micros);
    }

    public long pointer(Partition partition) {
        return Long.parseLong(redis().hget(partition.ctl(), Ctl.EPOCH));
    }

    public long settledEpoch(Partition partition) {
        return cursor(partition, "settled_epoch");
    }

    public long lineage(Partition partition) {
        return cursor(partition, "lineage");
    }

    private long cursor(Partition partition, String column) {
        return settler.sql("SELECT %s FROM partition_cursor WHERE partition = ?".formatted(column))
                .param(partition.number())
                .query(Long.class)
                .single();
    }

    /** Seals the open epoch. */
    public void seal(Partition partition) {
        Sealing.Result result =
                new Sealing(SPANS).seal(link(partition), partition, pointer(partition) - 1, lineage(partition), now());
        if (!(result instanceof Sealing.Result.SealedBelow(long _, boolean now)) || !now) {
            throw new IllegalStateException("%s is not sealed: %s".formatted(partition, result));
        }
    }

    /** Settles the epoch after the one settled last, which must be sealed; all of it is booked as of one publisher. */
    public void settle(Partition partition) {
        long epoch = settledEpoch(partition) + 1;
        Map<String, String> hash = redis().hgetall(partition.earn(epoch));
        if (!hash.containsKey(Ctl.SEALED)) {
            throw new IllegalStateException("epoch %d of %s is not sealed".formatted(epoch, partition));
        }
        Map<Credit, Long> credits = new TreeMap<>();
        hash.forEach((creator, micros) -> {
            if (EpochControl.isCreator(creator) && !micros.equals("0")) {
                credits.put(new Credit(PUBLISHER, creator), Long.parseLong(micros));
            }
        });
        inTransaction(() -> {
            if (!credits.isEmpty()) {
                book(Instant.now(), credits);
            }
            hash.forEach((field, micros) -> spend(partition, field, micros));
            long micros = credits.values().stream().mapToLong(Long::longValue).sum();
            settler.sql("""
                            INSERT INTO settled_epoch (partition, epoch, settled_at, sealed_at, micros, events)
                            VALUES (:partition, :epoch, clock_timestamp(), clock_timestamp(), :micros, 0)
                            """)
                    .param("epoch", epoch)
                    .param("partition", partition.number())
                    .param("micros", micros)
                    .update();
            return settler.sql("""
                            UPDATE partition_cursor
                            SET settled_epoch = :epoch, settled_micros = settled_micros + :micros,
                                settled_at = clock_timestamp(), sealed_at = clock_timestamp()
                            WHERE partition = :partition AND settled_epoch = :epoch - 1
                            """)
                    .param("epoch", epoch)
                    .param("partition", partition.number())
                    .param("micros", micros)
                    .update();
        });
    }

    /** Adds what known publishers have spent, of fields {@code $<day>|<publisher>}. */
    private void spend(Partition partition, String field, String micros) {
        if (field.startsWith("$")) {
            settler.sql("""
                            INSERT INTO publisher_spent AS s (partition, publisher, day, micros)
                            SELECT :partition, publisher, day, :micros
                            FROM publisher, unnest(ARRAY ['-infinity', date '1970-01-01' + :day]) AS d (day)
                            WHERE publisher = :publisher
                            ON CONFLICT (partition, day, publisher) DO UPDATE SET micros = s.micros + excluded.micros
                            """)
                    .param("partition", partition.number())
                    .param("micros", Long.parseLong(micros))
                    .param("day", Integer.parseInt(field.substring(1, field.indexOf('|'))))
                    .param("publisher", field.substring(field.indexOf('|') + 1))
                    .update();
        }
    }

    public void sealAndSettle(Partition partition) {
        seal(partition);
        settle(partition);
    }

    /** Forgets a settled epoch's counters. */
    public void release(Partition partition, long epoch) {
        if (!Release.release(link(partition), partition, epoch, epoch, now() + 60, lineage(partition))) {
            throw new IllegalStateException("epoch %d of %s is not released".formatted(epoch, partition));
        }
    }

    public <T> T inTransaction(Supplier<T> work) {
        return java.util.Objects.requireNonNull(transaction.execute(status -> work.get()));
    }

    /** Books a journal: inside a transaction. Its lines are the credits in order, then the debits. */
    public long book(Instant at, Map<Credit, Long> credits) {
        long journal = settler.sql("""
                        INSERT INTO journal (journal_id, created_at, kind, events, salt, root, prev_hash, hash)
                        SELECT journal_id + 1, :at, 'settlement', 1, hash, hash, hash, sha256(hash) FROM chain_head FOR UPDATE
                        RETURNING journal_id
                        """)
                .param("at", at.atOffset(ZoneOffset.UTC))
                .query(Long.class)
                .single();
        Map<String, Long> debits = new TreeMap<>();
        new TreeMap<>(credits).forEach((field, micros) -> {
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

    /** Books units of an article as of a moment, at the first card's rate, with their engagement. */
    public void earn(Instant at, String publisher, String creator, String article, EventType type, long units) {
        earn(at, at.atOffset(ZoneOffset.UTC).toLocalDate(), publisher, creator, article, type, units);
    }

    /** The same for the engagement of another day. */
    public void earn(
            Instant at, LocalDate day, String publisher, String creator, String article, EventType type, long units) {
        publisher(publisher);
        for (LocalDate each : List.of(day, at.atOffset(ZoneOffset.UTC).toLocalDate())) {
            owner.sql("SELECT ensure_months(?, 1)").param(each).query().singleRow();
        }
        inTransaction(() -> {
            long micros = units
                    * settler.sql("SELECT micros FROM rate WHERE version = 1 AND type = ?")
                            .param(type.wireName())
                            .query(Long.class)
                            .single();
            long journal = book(at, Map.of(new Credit(publisher, creator), micros));
            settler.sql("CREATE TEMP TABLE priced ON COMMIT DROP AS"
                            + " SELECT :day AS day, :creator AS creator, :publisher AS publisher, :article AS article, :type AS type,"
                            + " 1 AS rate_version, :units AS units, :micros AS micros")
                    .param("day", day)
                    .param("creator", creator)
                    .param("publisher", publisher)
                    .param("article", article)
                    .param("type", type.wireName())
                    .param("units", units)
                    .param("micros", micros)
                    .update();
            new Journal(settler).archive();
            return journal;
        });
    }

    private void post(String account, Instant at, long journal, String publisher, long micros) {
        settler.sql("INSERT INTO account (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .param(account)
                .param(at.atOffset(ZoneOffset.UTC))
                .update();
        settler.sql("""
                        WITH a AS (SELECT account_id FROM account WHERE name = :account),
                        c AS (SELECT greatest(:micros, 0) + coalesce((SELECT credited FROM balance JOIN a USING (account_id)), 0) AS credited),
                        p AS (INSERT INTO posting (account_id, created_at, journal_id, line, publisher, micros, credited)
                              SELECT account_id, :at, :journal, (SELECT count(*) FROM posting WHERE journal_id = :journal), :publisher, :micros, credited
                              FROM a, c)
                        INSERT INTO balance AS b (account_id, micros, journal_id, credited)
                        SELECT account_id, :micros, :journal, credited FROM a, c
                        ON CONFLICT (account_id) DO UPDATE SET micros = b.micros + excluded.micros, credited = excluded.credited
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
        pools.forEach(HikariDataSource::close);
        redisConnections.close();
        connection.close();
        client.shutdown();
    }
}
