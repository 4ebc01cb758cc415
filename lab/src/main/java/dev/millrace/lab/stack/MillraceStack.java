package dev.millrace.lab.stack;

import com.google.common.util.concurrent.Futures;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Partition;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.publisher.Publishers;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.JsonClient;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Ingest nodes, one worker and one ledger, set up to be measured. A method that names no node means the first. */
public final class MillraceStack implements AutoCloseable {
    /** The JVMs of services. */
    public static final List<String> JVM = List.of("-Xmx1g");

    /** The JVM of the edge, whose heap is there from the start (decision 21). */
    public static final List<String> EDGE_JVM = List.of("-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch");

    private static final Duration TIMEOUT = Duration.ofMinutes(10);
    private static final int OK = 200;
    private static final Instance INGEST = Instance.ingest(1);
    private static final Instance WORKER = Instance.worker(1);
    private static final String PUBLISHER = "lab";
    private static final int PUBLISHERS_AT_ONCE = 16;
    private static final String STATEMENTS = """
            SELECT coalesce(sum(calls), 0)::bigint
            FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
            WHERE rolname IN ('%s', '%s')
            """.formatted(Databases.SETTLER, Databases.LEDGER);
    private static final String BALANCES = """
            SELECT substr(name, length('creator:') + 1) AS creator, micros FROM balance JOIN account USING (account_id)
            WHERE name LIKE 'creator:%'
            """;

    private final LabSettings settings;
    private final Setup setup;
    private final LabStack stack;
    private final JdbcClient ledger;
    private final SwitchedRedis redis;
    private final Publishers.SigningKey key;
    private final TokenMint mint;

    private MillraceStack(LabSettings settings, Setup setup, LabStack stack, Publishers.SigningKey key) {
        this.settings = settings;
        this.setup = setup;
        this.stack = stack;
        this.ledger = stack.ledger();
        this.redis = new SwitchedRedis(stack.redis());
        this.key = key;
        this.mint = TokenMint.forPublisher(key.kid(), key.secret());
    }

    /**
     * How the stack is run.
     *
     * @param interval from one settlement to the next
     * @param workerOptions of the worker's JVM
     * @param ingestNodes how many
     * @param indexed identities that a node's index has room for besides those of the run, or 0
     */
    public record Setup(Duration interval, List<String> workerOptions, int ingestNodes, long indexed) {
        /** An index takes 8 to 10 bytes an identity; a merge of its slices takes some of it once more. */
        private static final int BYTES = 12;

        private static final long MIB = 1 << 20;
        private static final int LEAST_HEAP = 1_024;
        private static final int LEAST_INDEX = 256;

        private long indexMebibytes() {
            return indexed * BYTES / MIB;
        }

        private List<String> edgeOptions() {
            long heap = LEAST_HEAP + 2 * indexMebibytes();
            return indexed == 0 ? EDGE_JVM : List.of("-Xms" + heap + "m", "-Xmx" + heap + "m", "-XX:+AlwaysPreTouch");
        }
    }

    /**
     * Returns when every service is ready.
     *
     * @param name of the folder of data and logs
     */
    public static MillraceStack start(Stage stage, String name, Setup setup) throws SQLException {
        Place place = stage.place(name);
        preloadStatementCounts(place);
        LabSettings settings = LabSettings.fresh(stage.root(), place.data(), setup.interval(), setup.ingestNodes(), 1)
                .with("MILLRACE_REQUIRE_DURABLE_REDIS", "false")
                .with("MILLRACE_INDEX_MEMORY", Setup.LEAST_INDEX + setup.indexMebibytes() + "MB")
                .withJvmOptions(
                        Map.of(Part.INGEST, setup.edgeOptions(), Part.LEDGER, JVM, Part.WORKER, setup.workerOptions()));
        LabStack stack = LabStack.start(settings, place, stage.progress());
        Publishers.SigningKey key = new Publishers(settings.local(), Clock.systemUTC()).key(PUBLISHER);
        MillraceStack millrace = new MillraceStack(settings, setup, stack, key);
        millrace.ledger.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").update();
        return millrace;
    }

    /** The library has to be there when Postgres starts; the setting stays in its data folder. */
    private static void preloadStatementCounts(Place place) throws SQLException {
        try (PostgresServer postgres = PostgresServer.start(place, 0, Durability.ALWAYS);
                Connection connection =
                        postgres.databases().connect(PostgresServer.SUPERUSER, PostgresServer.DATABASE);
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
        }
    }

    /** The key of a publisher that the ledger knows. */
    public Publishers.SigningKey key() {
        return key;
    }

    /** Signs as that publisher. */
    public TokenMint mint() {
        return mint;
    }

    /** Publishers that the ledger knows when this returns, by number, from one up to below another. */
    public List<TokenMint> mints(int from, int to) {
        Publishers publishers = new Publishers(settings.local(), Clock.systemUTC());
        try (ExecutorService threads = Executors.newFixedThreadPool(PUBLISHERS_AT_ONCE)) {
            return IntStream.range(from, to)
                    .mapToObj(number -> threads.submit(() -> publishers.key(PUBLISHER + "-" + number)))
                    .toList()
                    .stream()
                    .map(Futures::getUnchecked)
                    .map(key -> TokenMint.forPublisher(key.kid(), key.secret()))
                    .toList();
        }
    }

    /** What runs and how it is set, for people. */
    public List<String> descriptions() {
        return List.of(
                redis.description(),
                stack.postgres().description() + ", fsync on, synchronous_commit on, pg_stat_statements",
                "ingest-api: java " + String.join(" ", setup.edgeOptions()),
                "ledger-service: java " + String.join(" ", JVM),
                "settlement-worker: java %s, settlement every %d s"
                        .formatted(
                                String.join(" ", setup.workerOptions()),
                                setup.interval().toSeconds()));
    }

    /** The ids of the processes, by the part they play. */
    public Map<String, Long> processes() {
        return Map.of(
                "ingest", stack.service(INGEST).handle().pid(),
                "worker", stack.service(WORKER).handle().pid(),
                "ledger", stack.service(Instance.LEDGER).handle().pid(),
                "redis", stack.redis().handle().pid(),
                "postgres", stack.postgres().handle().pid());
    }

    /** The stack's Redis, and its commands. */
    public SwitchedRedis redis() {
        return redis;
    }

    public PostgresServer postgres() {
        return stack.postgres();
    }

    /** The port of ingest-api. */
    public int ingestPort() {
        return ingestPort(1);
    }

    /** The port of one of its nodes, from 1. */
    public int ingestPort(int node) {
        return settings.port(Instance.ingest(node));
    }

    public int ledgerPort() {
        return settings.port(Instance.LEDGER);
    }

    /** Kills a node of ingest-api and starts it anew; returns when it is ready. */
    public void replaceIngest(int node) {
        stack.service(Instance.ingest(node)).kill();
        stack.launch(Instance.ingest(node));
        stack.awaitReady(Instance.ingest(node));
    }

    /**
     * Fills the logs with identities that no event has, and starts the nodes anew, which read them then; returns when all are ready.
     *
     * @param seed the same gives the same identities
     */
    public void remember(long identities, long seed, Consumer<String> progress)
            throws IOException, InterruptedException {
        LogFiller.fill(
                redis.client(),
                identities,
                seed,
                there -> progress.accept("%,d identities in the logs".formatted(there)));
        for (int node = 1; node <= setup.ingestNodes(); node++) {
            replaceIngest(node);
        }
        progress.accept(memory().toString());
    }

    /** What identities take in Redis and in a node. */
    public IdentityMemory memory() throws IOException, InterruptedException {
        return IdentityMemory.of(redis.commands(), stack.metrics(INGEST));
    }

    /** Returns when the ledger holds everything that is counted. */
    public void settle() throws IOException, InterruptedException {
        JsonClient.Answer answer = stack.settle(WORKER, TIMEOUT);
        if (answer.status() != OK) {
            throw new IllegalStateException(
                    "settlement-worker answered %d to a settlement: %s".formatted(answer.status(), answer.body()));
        }
    }

    /** Micros ever counted in Redis. */
    public long countedMicros() {
        return Partition.all().stream()
                .map(partition -> redis.commands().hget(partition.ctl(), Ctl.MICROS))
                .filter(Objects::nonNull)
                .mapToLong(Long::parseLong)
                .sum();
    }

    /** Micros in creators' balances of the ledger. */
    public long settledMicros() {
        return number("SELECT coalesce(sum(micros), 0)::bigint FROM (" + BALANCES + ") balances");
    }

    /** Micros in each creator's balance of the ledger, by creator; for not very many creators. */
    public Map<String, Long> settledByCreator() {
        return ledger
                .sql(BALANCES)
                .query((row, _) -> Map.entry(row.getString("creator"), row.getLong("micros")))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Statements of worker and ledger as Postgres counts them, rows as the worker does, identities as Redis holds them. */
    public Costs costs() throws IOException, InterruptedException {
        IdentityMemory logs = IdentityMemory.of(redis.commands(), new Metrics(Map.of()));
        return new Costs(number(STATEMENTS), rowsWritten(), logs.logBytes(), logs.logged(), redis.cpuMicros());
    }

    /** Rows that settlements have written since the worker started, as it counts them. */
    public long rowsWritten() throws IOException, InterruptedException {
        return stack.metrics(WORKER).whole("millrace_database_rows_written_total");
    }

    private long number(String sql) {
        return ledger.sql(sql).query(Long.class).single();
    }

    /** A connection to the ledger's database that may do everything; the caller closes it. */
    public Connection connect() throws SQLException {
        return postgres().databases().connect(PostgresServer.SUPERUSER, PostgresServer.DATABASE);
    }

    /** A live balance as the creator asks for it, as it goes over the wire; good for an hour. */
    public ByteBuffer balanceRequest(String creator) {
        byte[] request = request(creator, "balance");
        return ByteBuffer.allocateDirect(request.length).put(request).flip();
    }

    /** The same for a stream of balances. */
    public byte[] streamRequest(String creator) {
        return request(creator, "balance/stream");
    }

    private byte[] request(String creator, String what) {
        BearerMint bearer = new BearerMint(settings.local().bearerSecret());
        return """
                GET /v1/creators/%s/%s HTTP/1.1\r
                Host: 127.0.0.1\r
                Authorization: Bearer %s\r
                \r
                """.formatted(creator, what, bearer.forSubject(creator, Instant.now(), Duration.ofHours(1)))
                .getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        redis.close();
        stack.stop();
    }
}
