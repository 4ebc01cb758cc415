package dev.millrace.lab.stack;

import com.google.common.util.concurrent.Futures;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Partition;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.publisher.Publishers;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.settings.Part;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Ingest nodes, one worker, one ledger, and what they store in; asked what they did. Whoever names no node means the first. */
public final class MillraceStack implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final Duration TIMEOUT = Duration.ofMinutes(10);
    private static final int OK = 200;
    private static final Instance INGEST = Instance.ingest(1);
    private static final String PUBLISHER = "lab";
    private static final int PUBLISHERS_AT_ONCE = 16;

    private static final String COUNT_STATEMENTS = "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'";
    private static final String STATEMENTS_VIEW = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements";
    private static final String STATEMENTS = """
            SELECT coalesce(sum(calls), 0)::bigint
            FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
            WHERE rolname IN ('%s', '%s')
            """.formatted(Databases.SETTLER, Databases.LEDGER);
    private static final String BALANCES = """
            SELECT coalesce(sum(micros), 0)::bigint FROM balance JOIN account USING (account_id)
            WHERE name LIKE 'creator:%'
            """;
    private static final String EACH_BALANCE = """
            SELECT substr(name, length('creator:') + 1), micros FROM balance JOIN account USING (account_id)
            WHERE name LIKE 'creator:%'
            """;

    private final LabSettings settings;
    private final Setup setup;
    private final LabStack stack;
    private final SwitchedRedis redis;
    private final TokenMint mint;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private MillraceStack(LabSettings settings, Setup setup, LabStack stack, TokenMint mint) {
        this.settings = settings;
        this.setup = setup;
        this.stack = stack;
        this.redis = new SwitchedRedis(stack.redis());
        this.mint = mint;
    }

    /**
     * How the stack is run.
     *
     * @param interval from one settlement to the next
     * @param workerOptions of the worker's JVM
     * @param ingestNodes how many
     * @param indexed identities that a node's index has room for besides those of the run
     */
    public record Setup(Duration interval, List<String> workerOptions, int ingestNodes, long indexed) {
        /** An index takes 8 to 10 bytes an identity; a merge of its slices takes some of it once more. */
        private static final int BYTES = 12;

        private static final long MIB = 1 << 20;
        private static final int LEAST_HEAP = 1_024;
        private static final int LEAST_INDEX = 256;

        public Setup {
            workerOptions = List.copyOf(workerOptions);
        }

        /** With one node, which remembers what the run counts. */
        public Setup(Duration interval, List<String> workerOptions) {
            this(interval, workerOptions, 1, 0);
        }

        /** The same with nodes that have room for so many identities more. */
        public Setup withIndexFor(long identities) {
            return new Setup(interval, workerOptions, ingestNodes, identities);
        }

        /** The same with so many nodes. */
        public Setup withNodes(int nodes) {
            return new Setup(interval, workerOptions, nodes, indexed);
        }

        private long indexMebibytes() {
            return indexed * BYTES / MIB;
        }

        List<String> edgeOptions() {
            long heap = LEAST_HEAP + 2 * indexMebibytes();
            return indexed == 0
                    ? ServiceJvm.EDGE_OPTIONS
                    : List.of("-Xms" + heap + "m", "-Xmx" + heap + "m", "-XX:+AlwaysPreTouch");
        }

        String indexMemory() {
            return LEAST_INDEX + indexMebibytes() + "MB";
        }
    }

    /**
     * With a settlement every five seconds. Returns when every service is ready.
     *
     * @param root the project's folder
     * @param place of data and logs
     * @param progress takes a line about what takes long
     */
    public static MillraceStack start(Path root, Place place, Consumer<String> progress) throws SQLException {
        return start(root, place, new Setup(INTERVAL, ServiceJvm.OPTIONS), progress);
    }

    /** The same, set up otherwise. */
    public static MillraceStack start(Path root, Place place, Setup setup, Consumer<String> progress)
            throws SQLException {
        countStatements(place);
        LabSettings settings = LabSettings.fresh(root, place.data(), setup.interval(), setup.ingestNodes(), 1)
                .with("MILLRACE_REQUIRE_DURABLE_REDIS", "false")
                .with("MILLRACE_INDEX_MEMORY", setup.indexMemory())
                .withJvmOptions(Part.INGEST, setup.edgeOptions())
                .withJvmOptions(Part.LEDGER, ServiceJvm.OPTIONS)
                .withJvmOptions(Part.WORKER, setup.workerOptions());
        LabStack stack = LabStack.start(settings, place, progress);
        try (Connection connection = connect(stack.postgres());
                Statement statement = connection.createStatement()) {
            statement.execute(STATEMENTS_VIEW);
        }
        Clock clock = Clock.systemUTC();
        Publishers.SigningKey key = new Publishers(settings.local(), clock).key(PUBLISHER);
        TokenMint mint = TokenMint.forPublisher(key.kid(), key.secret());
        return new MillraceStack(settings, setup, stack, mint);
    }

    /** Signs as a publisher that the ledger knows. */
    public TokenMint mint() {
        return mint;
    }

    /** What runs and how it is set, for people. */
    public List<String> descriptions() {
        return List.of(
                redis.description(),
                stack.postgres().description() + ", fsync on, synchronous_commit on, pg_stat_statements",
                "ingest-api: java " + String.join(" ", setup.edgeOptions()),
                "ledger-service: java " + String.join(" ", ServiceJvm.OPTIONS),
                "settlement-worker: java %s, settlement every %d s"
                        .formatted(
                                String.join(" ", setup.workerOptions()),
                                setup.interval().toSeconds()));
    }

    /** The ids of the processes, by the part they play. */
    public Map<String, Long> processes() {
        return Map.of(
                "ingest", pid(INGEST),
                "worker", pid(Instance.worker(1)),
                "ledger", pid(Instance.LEDGER),
                "redis", stack.redis().handle().pid(),
                "postgres", stack.postgres().handle().pid());
    }

    public void set(Aof aof) throws Exception {
        redis.set(aof);
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
    public long settledMicros() throws SQLException {
        return number(BALANCES);
    }

    /** Micros in each creator's balance of the ledger, by creator; for not very many creators. */
    public Map<String, Long> settledByCreator() throws SQLException {
        try (Connection connection = connect(stack.postgres());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(EACH_BALANCE)) {
            Map<String, Long> settled = new HashMap<>();
            while (rows.next()) {
                settled.put(rows.getString(1), rows.getLong(2));
            }
            return settled;
        }
    }

    /** The port of ingest-api. */
    public int ingestPort() {
        return settings.port(INGEST);
    }

    /** The port of one of its nodes, from 1. */
    public int ingestPort(int node) {
        return settings.port(Instance.ingest(node));
    }

    /** Kills a node of ingest-api and starts it anew; returns when it is ready. */
    public void replaceIngest(int node) {
        stack.service(Instance.ingest(node)).kill();
        stack.launch(Instance.ingest(node));
        stack.awaitReady(Instance.ingest(node));
    }

    /** Kills Postgres. */
    public void killPostgres() {
        stack.postgres().kill();
    }

    /** Starts it again on its data. */
    public void restartPostgres() {
        stack.postgres().restart();
    }

    /**
     * Fills the logs with identities that no event has, and starts the nodes anew, which read them then; returns when all are ready.
     *
     * @param seed the same gives the same identities
     */
    public void remember(long identities, long seed, Consumer<String> progress) throws Exception {
        Remembered.fill(
                stack.redis().url(),
                identities,
                seed,
                there -> progress.accept("%,d identities in the logs".formatted(there)));
        for (int node = 1; node <= setup.ingestNodes(); node++) {
            replaceIngest(node);
        }
        progress.accept(memory().toString());
    }

    /** What identities take in Redis and in a node. */
    public MemoryOfIdentities memory() throws IOException, InterruptedException {
        Metrics metrics = metrics(INGEST);
        return new MemoryOfIdentities(
                LogMemory.of(redis.commands()),
                metrics.whole("millrace_index_bytes"),
                metrics.whole("millrace_index_identities"));
    }

    /** Microseconds of CPU that Redis has used since it started. */
    public long redisMicros() {
        return redis.cpuMicros();
    }

    /** Commands that Redis has answered since it started, those of scripts too. */
    public long redisCommands() {
        return redis.commandsAnswered();
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

    private Metrics metrics(Instance instance) throws IOException, InterruptedException {
        return Metrics.parse(
                ask(HttpRequest.newBuilder(settings.managementAddress(instance).resolve("/actuator/prometheus")))
                        .body());
    }

    /** The port of the ledger. */
    public int ledgerPort() {
        return settings.port(Instance.LEDGER);
    }

    /** Signs as somebody whom the ledger trusts. */
    public BearerMint bearerMint() {
        return new BearerMint(settings.local().bearerSecret());
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
        return """
                GET /v1/creators/%s/%s HTTP/1.1\r
                Host: 127.0.0.1\r
                Authorization: Bearer %s\r
                \r
                """.formatted(creator, what, bearerMint().forSubject(creator, Instant.now(), Duration.ofHours(1)))
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Returns when the ledger holds everything that is counted. */
    public void settle() throws IOException, InterruptedException {
        HttpResponse<String> answer = ask(HttpRequest.newBuilder(
                        settings.managementAddress(Instance.worker(1)).resolve("/actuator/settle"))
                .header("X-Millrace-Settle", "now")
                .POST(HttpRequest.BodyPublishers.noBody()));
        if (answer.statusCode() != OK) {
            throw new IllegalStateException(
                    "settlement-worker answered %d to a settlement: %s".formatted(answer.statusCode(), answer.body()));
        }
    }

    /** Statements of worker and ledger as Postgres counts them, rows as the worker does, identities as Redis holds them. */
    public Costs costs() throws Exception {
        LogMemory logs = LogMemory.of(redis.commands());
        return new Costs(number(STATEMENTS), rowsWritten(), logs.bytes(), logs.identities(), redisMicros());
    }

    @Override
    public void close() {
        redis.close();
        stack.stop();
    }

    /** Commands to the stack's Redis. */
    public RedisCommands<String, String> redis() {
        return redis.commands();
    }

    /** A connection to the ledger's database that may do everything; the caller closes it. */
    public Connection connect() throws SQLException {
        return connect(stack.postgres());
    }

    /** Rows that settlements have written since the worker started, as it counts them. */
    public long rowsWritten() throws IOException, InterruptedException {
        return metrics(Instance.worker(1)).whole("millrace_database_rows_written_total");
    }

    /** The library has to be there when Postgres starts; the setting stays in its data folder. */
    private static void countStatements(Place place) throws SQLException {
        try (PostgresServer postgres = PostgresServer.start(place, 0, Durability.ALWAYS);
                Connection connection = connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute(COUNT_STATEMENTS);
        }
    }

    private static Connection connect(PostgresServer postgres) throws SQLException {
        return postgres.databases().connect(PostgresServer.SUPERUSER, PostgresServer.DATABASE);
    }

    private long number(String sql) throws SQLException {
        try (Connection connection = connect(stack.postgres());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private HttpResponse<String> ask(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString());
    }

    private long pid(Instance instance) {
        return stack.service(instance).handle().pid();
    }
}
