package dev.millrace.lab.bench;

import dev.millrace.lab.bench.Pipeline.Click;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.Stage;
import dev.millrace.lab.stack.SwitchedRedis;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What tutorials do: {@code SET NX} with an expiry lets an id count once, {@code INCRBYFLOAT} adds to the creator's counter
 * where it was new, and a job now and then takes the counters out by {@code GETSET} and adds them to the balances in Postgres.
 * A crash between two steps loses money. All commands of one step go to the socket in one piece.
 */
final class NaiveRedis extends DatabaseContestant {
    static final String NAME = "naive-redis";
    static final List<Scenario> SCENARIOS = Scenario.underEachAof(NAME, Case.HTTP);

    private static final SetArgs ONCE = SetArgs.Builder.nx().ex(Duration.ofMinutes(130));
    private static final String SEEN = "seen:";
    private static final String EARNED = "earned:";
    private static final Pattern MEMORY =
            Pattern.compile("(?m)^(used_memory|mem_clients_normal|mem_aof_buffer):(\\d+)");

    private final SwitchedRedis redis;
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final RedisAsyncCommands<String, String> commands;

    NaiveRedis(Stage stage) throws SQLException {
        super(stage.place(NAME), "");
        RedisServer server = RedisServer.start(stage.place(NAME), 0, Durability.ALWAYS);
        redis = new SwitchedRedis(server);
        client = RedisClient.create(server.url());
        connection = client.connect();
        commands = connection.async();
        connection.setAutoFlushCommands(false);
        runs("redis", server, redis.description());
    }

    @Override
    Round prepare(Scenario scenario, Events events) throws Exception {
        redis.commands().flushall();
        redis.set(Objects.requireNonNull(scenario.aof()));
        openBalances(scenario.creators());
        take(scenario.creators()); // Every counter exists from now on.
        Pipeline pipeline = new Pipeline(scenario.shape(), events);
        return new Round() {
            @Override
            public long send(Histogram nanos) throws InterruptedException {
                pipeline.send(NaiveRedis.this::count, nanos);
                return 0;
            }

            @Override
            public void drain() throws Exception {
                addToBalances(take(scenario.creators()));
            }

            @Override
            public long counted() throws SQLException {
                return micros();
            }
        };
    }

    /** Memory is all in use but what clients and the append-only file have in buffers, which comes and goes. */
    @Override
    Costs costs() throws SQLException {
        long bytes = MEMORY.matcher(redis.commands().info("memory"))
                .results()
                .mapToLong(memory -> (memory.group(1).equals("used_memory") ? 1 : -1) * Long.parseLong(memory.group(2)))
                .sum();
        return costs(bytes, redis.commands().dbsize(), redis.cpuMicros());
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
        redis.close();
        super.close();
    }

    private CompletableFuture<Void> count(List<Click> clicks) {
        List<CompletableFuture<@Nullable String>> marked = new ArrayList<>(clicks.size());
        for (Click click : clicks) {
            marked.add(commands.set(SEEN + click.id(), "", ONCE).toCompletableFuture());
        }
        return flush(marked).thenCompose(all -> {
            List<CompletableFuture<Double>> added = new ArrayList<>(clicks.size());
            for (int i = 0; i < clicks.size(); i++) {
                if (marked.get(i).resultNow() != null) {
                    added.add(commands.incrbyfloat(EARNED + clicks.get(i).creator(), Events.MICROS)
                            .toCompletableFuture());
                }
            }
            return flush(added);
        });
    }

    /** Sets the counters of so many creators to 0; the micros of each that had some. */
    private Map<String, Long> take(int creators) throws Exception {
        Map<String, CompletableFuture<@Nullable String>> taken = new HashMap<>();
        for (int rank = 0; rank < creators; rank++) {
            String creator = Events.creatorName(rank);
            taken.put(creator, commands.setGet(EARNED + creator, "0").toCompletableFuture());
        }
        flush(taken.values()).get();
        Map<String, Long> micros = new HashMap<>();
        taken.forEach((creator, counter) -> {
            String value = counter.resultNow();
            if (value != null && !value.equals("0")) {
                micros.put(creator, Long.parseLong(value));
            }
        });
        return micros;
    }

    /** Sends what has been written so far; completes when these are answered. */
    private CompletableFuture<Void> flush(Collection<? extends CompletableFuture<?>> answers) {
        connection.flushCommands();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }
}
