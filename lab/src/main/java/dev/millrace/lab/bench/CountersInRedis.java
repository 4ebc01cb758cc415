package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.SwitchedRedis;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.RedisServer;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/**
 * Counters in Redis, and a job now and then that sets them to 0 and adds what they had to the balances in Postgres.
 * Whatever a crash finds in the hands of the job is lost.
 */
final class CountersInRedis implements Contestant {
    static final String NAIVE = "naive-redis";

    /** As many events under way as Millrace has. */
    static final List<Case> CASES = Case.HTTP;

    private static final int SINGLES = 20_000;
    private static final int BATCHED = 50_000;

    private final String name;
    private final RedisServer server;
    private final SwitchedRedis redis;
    private final EventCounters counters;
    private final MeteredPostgres postgres;
    private final Balances balances;

    private CountersInRedis(String name, RedisServer server, EventCounters counters, MeteredPostgres postgres)
            throws SQLException {
        this.name = name;
        this.server = server;
        this.redis = new SwitchedRedis(server);
        this.counters = counters;
        this.postgres = postgres;
        this.balances = Balances.in(postgres);
    }

    /** With what tutorials show: see {@link NaiveCounters}. */
    static CountersInRedis naive(Place place, Durability durability) throws SQLException {
        return start(NAIVE, place, durability, NaiveCounters::connect);
    }

    private static CountersInRedis start(
            String name, Place place, Durability durability, Function<String, EventCounters> client)
            throws SQLException {
        MeteredPostgres postgres = MeteredPostgres.start(place, durability);
        RedisServer server = RedisServer.start(place, 0, Durability.ALWAYS);
        return new CountersInRedis(name, server, client.apply(server.url()), postgres);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> servers() {
        return List.of(redis.description(), postgres.description());
    }

    @Override
    public List<Scenario> scenarios() {
        return Scenarios.underEachAof(name, CASES);
    }

    @Override
    public int roundSize(Scenario scenario) {
        return scenario.shape().batch() == 1 ? SINGLES : BATCHED;
    }

    @Override
    public Map<String, Long> processes() {
        return Map.of("redis", server.handle().pid(), "postgres", postgres.pid());
    }

    @Override
    public Round prepare(Scenario scenario, Events events) throws Exception {
        redis.commands().flushall();
        redis.set(Objects.requireNonNull(scenario.aof(), "a scenario of Redis has a setting of its file"));
        balances.open(scenario.creators());
        counters.open(events.size());
        counters.take(balances.creators()); // Every counter exists from now on.
        return new Counting(scenario.shape(), Clicks.of(events));
    }

    @Override
    public Costs costs() throws Exception {
        return new Costs(postgres.statements(), postgres.rowsWritten(), counters.bytes(), counters.remembered());
    }

    @Override
    public long redisMicros() {
        return redis.cpuMicros();
    }

    @Override
    public void close() {
        counters.close();
        redis.close();
        server.close();
        postgres.close();
    }

    private final class Counting implements Round {
        private final Case shape;
        private final Clicks clicks;

        private Counting(Case shape, Clicks clicks) {
            this.shape = shape;
            this.clicks = clicks;
        }

        @Override
        public void send(Histogram nanos) throws Exception {
            Pipeline pipeline = new Pipeline(shape, (from, to) -> counters.count(clicks.lot(from, to)));
            pipeline.send(clicks.size(), nanos);
        }

        @Override
        public void drain() throws Exception {
            balances.add(counters.take(balances.creators()));
        }

        @Override
        public long counted() throws SQLException {
            return balances.micros();
        }
    }
}
