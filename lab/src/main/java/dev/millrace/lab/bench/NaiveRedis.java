package dev.millrace.lab.bench;

import dev.millrace.lab.bench.Pipeline.Clicks;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.Stage;
import dev.millrace.lab.stack.SwitchedRedis;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What tutorials do: {@code SET NX} with an expiry lets an id count once, {@code INCRBYFLOAT} adds to the creator's counter
 * where it was new, and a job now and then takes the counters out by {@code GETSET} and adds them to the balances in Postgres.
 * A crash between two steps loses money. All commands of one step go to the socket in one piece.
 */
final class NaiveRedis implements Contestant {
    static final String NAME = "naive-redis";

    private static final SetArgs ONCE = SetArgs.Builder.nx().ex(Duration.ofMinutes(130));
    private static final String SEEN = "seen:";
    private static final String EARNED = "earned:";
    private static final Pattern MEMORY =
            Pattern.compile("(?m)^(used_memory|mem_clients_normal|mem_aof_buffer):(\\d+)");

    private final RedisServer server;
    private final SwitchedRedis redis;
    private final ContestantDatabase database;
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final RedisAsyncCommands<String, String> commands;

    NaiveRedis(Stage stage) throws SQLException {
        this(stage.place(NAME), Durability.ALWAYS);
    }

    NaiveRedis(Place place, Durability durability) throws SQLException {
        this.database = new ContestantDatabase(place, durability);
        this.server = RedisServer.start(place, 0, Durability.ALWAYS);
        this.redis = new SwitchedRedis(server);
        this.client = RedisClient.create(server.url());
        this.connection = client.connect();
        this.commands = connection.async();
        connection.setAutoFlushCommands(false);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> servers() {
        return List.of(redis.description(), database.description());
    }

    @Override
    public List<Scenario> scenarios() {
        return Scenario.underEachAof(NAME, Case.HTTP);
    }

    @Override
    public int roundSize(Scenario scenario) {
        return scenario.shape().batch() == 1 ? 20_000 : 50_000;
    }

    @Override
    public Map<String, Long> processes() {
        return Map.of("redis", server.handle().pid(), "postgres", database.pid());
    }

    @Override
    public Round prepare(Scenario scenario, Events events) throws Exception {
        redis.commands().flushall();
        redis.set(Objects.requireNonNull(scenario.aof()));
        database.openBalances(scenario.creators());
        take(scenario.creators()); // Every counter exists from now on.
        return new CountingRound(scenario, Clicks.of(events));
    }

    /** Memory is all in use but what clients and the append-only file have in buffers, which comes and goes. */
    @Override
    public Costs costs() throws SQLException {
        long bytes = 0;
        Matcher memory = MEMORY.matcher(redis.commands().info("memory"));
        while (memory.find()) {
            long each = Long.parseLong(memory.group(2));
            bytes += memory.group(1).equals("used_memory") ? each : -each;
        }
        return database.costs(bytes, redis.commands().dbsize(), redis.cpuMicros());
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
        redis.close();
        server.close();
        database.close();
    }

    private CompletableFuture<Void> count(Clicks clicks) {
        List<CompletableFuture<@Nullable String>> marked = new ArrayList<>(clicks.size());
        for (String id : clicks.ids()) {
            marked.add(commands.set(SEEN + id, "", ONCE).toCompletableFuture());
        }
        return flush(marked).thenCompose(all -> {
            List<CompletableFuture<Double>> added = new ArrayList<>(clicks.size());
            for (int i = 0; i < clicks.size(); i++) {
                if (marked.get(i).resultNow() != null) {
                    added.add(commands.incrbyfloat(EARNED + clicks.creators().get(i), Events.MICROS)
                            .toCompletableFuture());
                }
            }
            return flush(added);
        });
    }

    /** Sets the counters of so many creators to 0; the micros of each that had some. */
    private Map<String, Long> take(int creators) throws Exception {
        List<String> names =
                IntStream.range(0, creators).mapToObj(Events::creatorName).toList();
        List<CompletableFuture<@Nullable String>> taken = new ArrayList<>(creators);
        for (String creator : names) {
            taken.add(commands.setGet(EARNED + creator, "0").toCompletableFuture());
        }
        flush(taken).get();
        Map<String, Long> micros = new HashMap<>();
        for (int i = 0; i < creators; i++) {
            String value = taken.get(i).get();
            if (value != null && !value.equals("0")) {
                micros.put(names.get(i), Long.parseLong(value));
            }
        }
        return micros;
    }

    /** Sends what has been written so far; completes when these are answered. */
    private CompletableFuture<Void> flush(List<? extends CompletableFuture<?>> answers) {
        connection.flushCommands();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }

    private final class CountingRound implements Round {
        private final Scenario scenario;
        private final Clicks clicks;

        private CountingRound(Scenario scenario, Clicks clicks) {
            this.scenario = scenario;
            this.clicks = clicks;
        }

        @Override
        public long send(Histogram nanos) throws InterruptedException {
            new Pipeline(scenario.shape(), NaiveRedis.this::count).send(clicks, nanos);
            return 0;
        }

        @Override
        public void drain() throws Exception {
            database.addToBalances(take(scenario.creators()));
        }

        @Override
        public long counted() throws SQLException {
            return database.micros();
        }
    }
}
