package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Retention;
import dev.millrace.counters.TestNode.Event;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.XAddArgs;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each guard of {@code tally.lua} has a scenario that needs it: with the script as it is the money is right, and with that guard taken out of
 * its text the same scenario pays twice, loses, or pays what may not be paid. So a guard that disappears fails here, by its text or its effect.
 */
class TallyGuardsIT extends OnRedis {
    private static final Partition PARTITION = Partition.of(5);
    private static final String SCRIPT = text();
    /** A partition, and the script under test. */
    record World(TestPartition partition, String script, long now) {
        TestNode node() {
            return node(TestNode.KEY);
        }

        TestNode node(String key) {
            Script altered = new Script(script.getBytes(StandardCharsets.UTF_8));
            return new TestNode(partition, new TallyScript(altered, key, TestNode.LEAP, 0, Duration.ZERO));
        }

        Event event(long identity) {
            return Event.of(identity, "alice", 1_000, now);
        }

        String alice() {
            return String.valueOf(partition.earned("alice"));
        }
    }

    /**
     * @param guard what it is for
     * @param text as it stands in the script, once
     * @param without what stands there when the guard is taken out
     * @param scenario plays, and says what came of it
     * @param right what has to come of it
     */
    record Guard(String guard, String text, String without, Function<World, String> scenario, String right) {
        @Override
        public String toString() {
            return guard;
        }
    }

    static Stream<Guard> guards() {
        return Stream.of(
                new Guard(
                        "another history counts nothing",
                        "elseif lineage ~= ARGV[a + 2] then",
                        "elseif false then",
                        world -> {
                            // Both sides of a failover counted the same number of events, and have the same last ID.
                            TestNode node = world.node();
                            node.send(world.event(1));
                            replaceLog(world, 2);
                            world.partition().set(Ctl.LINEAGE, 2);
                            node.send(world.event(2));
                            return world.alice();
                        },
                        "1000"),
                new Guard(
                        "a process that was not compared counts nothing",
                        "elseif confirmed ~= process then",
                        "elseif false then",
                        world -> {
                            // A copy of yesterday was loaded: what is settled since is not in its log.
                            world.partition().set(Ctl.PROCESS, "the one of yesterday");
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "identities of another key count nothing",
                        "elseif key and key ~= identity_key then",
                        "elseif false then",
                        world -> {
                            world.node().send(world.event(1));
                            // The same event, under the other node's key.
                            world.node("another").send(world.event(77));
                            return world.alice();
                        },
                        "1000"),
                new Guard(
                        "an epoch that was sealed counts nothing",
                        "elseif epoch ~= ARGV[a + 3] then",
                        "elseif false then",
                        world -> {
                            redis.plain().hset(PARTITION.ctl(), Ctl.EPOCH, "2");
                            world.node()
                                    .send(world.event(
                                            1)); // believes in the first, which is settled and never read again
                            return world.partition().earnings(1).getOrDefault("alice", "nothing behind the settlement");
                        },
                        "nothing behind the settlement"),
                new Guard(
                        "an epoch that is marked as sealed counts nothing",
                        "elseif values[1] then",
                        "elseif false then",
                        world -> {
                            redis.plain().hset(PARTITION.earn(1), Ctl.SEALED, "1");
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "a clock that fell back counts nothing",
                        "if says < highest - 5 or says > highest + leap then",
                        "if says > highest + leap then",
                        world -> {
                            world.partition().set(Ctl.CLOCK, world.now() + 3_600);
                            return world.node().send(world.event(1)).getClass().getSimpleName() + world.alice();
                        },
                        "Refusednull"),
                new Guard(
                        "a clock that leapt counts nothing",
                        "if says < highest - 5 or says > highest + leap then",
                        "if says < highest - 5 then",
                        world -> {
                            world.partition().set(Ctl.CLOCK, world.now() - 8_000);
                            world.node().send(Event.of(1, "alice", 1_000, world.now()));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "the highest second seen judges",
                        "local now = math.max(says, highest)",
                        "local now = says",
                        world -> {
                            // Expired by the highest second; the clock has fallen back by less than it may.
                            world.node().send(world.event(1).expiresAt(world.now()));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "a log that lacks entries counts nothing",
                        "or redis.pcall('XLEN', log) ~= tonumber(length) then",
                        "then",
                        world -> {
                            TestNode node = world.node();
                            node.send(world.event(1));
                            TestNode late = world.node().at(Retention.SHORT, node.position(Retention.SHORT));
                            node.send(world.event(2));
                            node.send(world.event(3));
                            redis.plain()
                                    .xdel(
                                            PARTITION.log(Retention.SHORT),
                                            ids(world).get(1));
                            late.send(world.event(2));
                            return world.alice();
                        },
                        "3000"),
                new Guard(
                        "an entry of others behind the last counts nothing",
                        "return not behind.err and #behind == 0",
                        "return true",
                        world -> {
                            // Somebody puts an entry of his own in the place of one: the number of entries is right
                            // again.
                            world.node().send(world.event(1));
                            String id = ids(world).getFirst();
                            add(id.replaceFirst("-.*", "-5"), "01234567");
                            redis.plain().xdel(PARTITION.log(Retention.SHORT), id);
                            awaitTheMillisecondAfter(id);
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "1000"),
                new Guard(
                        "a log is compared with its description",
                        "if not is_sound(log, last, length) then",
                        "if false then",
                        world -> {
                            TestNode node = world.node();
                            node.send(world.event(1));
                            redis.plain().del(PARTITION.log(Retention.SHORT));
                            // The page of an empty log is what a node that starts has read.
                            redis.plain().hset(PARTITION.ctl(), "short.last", "0-0");
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "1000"),
                new Guard(
                        "a floor that is no number counts nothing",
                        "or not is_whole(floor) or",
                        "or",
                        world -> {
                            redis.plain().hdel(PARTITION.ctl(), "short.floor");
                            return outcome(() -> world.node().send(world.event(1)));
                        },
                        "Corrupt"),
                new Guard(
                        "a since that is no number counts nothing",
                        "if not is_whole(since) or",
                        "if",
                        world -> {
                            redis.plain().hset(PARTITION.ctl(), Ctl.SINCE, "nan");
                            return outcome(() -> world.node().send(world.event(1)));
                        },
                        "Corrupt"),
                new Guard(
                        "the position is compared",
                        "if last ~= position then",
                        "if false then",
                        world -> {
                            world.node().send(world.event(1));
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "1000"),
                new Guard(
                        "a position whose entry is trimmed is told",
                        "if not page[1] or page[1][1] ~= position then",
                        "if false then",
                        world -> {
                            TestNode node = world.node();
                            node.send(world.event(1));
                            TestNode late = world.node().at(Retention.SHORT, node.position(Retention.SHORT));
                            node.send(world.event(2));
                            node.send(world.event(3));
                            redis.plain().xtrim(PARTITION.log(Retention.SHORT), 1);
                            world.partition().set("short.length", 1);
                            late.send(world.event(2));
                            return world.alice();
                        },
                        "3000"),
                new Guard(
                        "a tail that is not whole judges nothing",
                        "elseif not whole then",
                        "elseif false then",
                        world -> {
                            TestNode other = world.node();
                            for (int section = 0; section < 17; section++) {
                                other.sendAll(many(world, 1 + 4_096L * section));
                            }
                            world.node().send(Event.of(16 * 4_096 + 1, "bob", 7, world.now()));
                            return String.valueOf(world.partition().earned("bob"));
                        },
                        "null"),
                new Guard(
                        "the tail is compared",
                        "if #tail > 0 and events > 0 then",
                        "if false then",
                        world -> {
                            world.node().lost(List.of(world.node().section(world.event(1))));
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "1000"),
                new Guard(
                        "the tail is read to its end",
                        "from = '(' .. page[#page][1]",
                        "if true then return tail, true end",
                        world -> {
                            TestNode other = world.node();
                            for (int i = 1; i <= 40; i++) {
                                other.send(world.event(i));
                            }
                            world.node().send(world.event(40));
                            return world.alice();
                        },
                        "40000"),
                new Guard(
                        "what is trimmed can't have been counted",
                        "and least - TOLERANCE >= floor",
                        "",
                        world -> {
                            world.node().send(world.event(1));
                            String last = ids(world).getFirst();
                            redis.plain().xtrim(PARTITION.log(Retention.SHORT), 0);
                            world.partition().set("short.length", 0);
                            world.partition().set("short.floor", world.now() - 59);
                            world.node()
                                    .at(Retention.SHORT, new LogPosition(1, last, 1))
                                    .send(world.event(1));
                            return world.alice();
                        },
                        "1000"),
                new Guard(
                        "a single event below the floor is taken back",
                        "elseif iat < since or iat - TOLERANCE < floor then",
                        "elseif iat < since then",
                        world -> {
                            TestNode node = world.node();
                            node.send(world.event(1));
                            redis.plain().xtrim(PARTITION.log(Retention.SHORT), 0);
                            world.partition().set("short.length", 0);
                            world.partition().set("short.floor", world.now() - 59);
                            node.send(world.event(1));
                            return world.alice();
                        },
                        "1000"),
                new Guard(
                        "what was issued before the loss is superseded",
                        "and least >= since",
                        "",
                        world -> {
                            world.partition().set(Ctl.SINCE, world.now() + 1); // what was counted before is lost
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "a single event from before the loss is taken back",
                        "elseif iat < since or iat",
                        "elseif iat",
                        world -> {
                            world.partition().set(Ctl.SINCE, world.now() + 1);
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "an expired token counts nothing",
                        "and now < tonumber(ARGV[a + 7])",
                        "",
                        world -> {
                            world.node().send(world.event(1).expiresAt(world.now()));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "a single expired event is taken back",
                        "if now >= exp then",
                        "if false then",
                        world -> {
                            world.node().send(world.event(1).expiresAt(world.now()));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "an event that is too early counts nothing",
                        "local timely = now >= tonumber(ARGV[a + 6]) and",
                        "local timely =",
                        world -> {
                            world.node().send(world.event(1).countsFrom(world.now() + 1));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "a single event that is too early is taken back",
                        "elseif now < earliest then",
                        "elseif false then",
                        world -> {
                            world.node().send(world.event(1).countsFrom(world.now() + 1));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "a creator's sum is taken back",
                        "micros = exact(micros - taken_back[i - 1])",
                        "",
                        world -> {
                            world.node().send(world.event(1));
                            world.node().send(world.event(1), world.event(2));
                            return world.alice();
                        },
                        "2000"),
                new Guard(
                        "records are taken back",
                        "if #records_back > 0 then",
                        "if false then",
                        world -> {
                            world.node().send(world.event(1));
                            world.node().send(world.event(1), world.event(2));
                            return units(world);
                        },
                        "{pub-1|alice|a|view|1=2}"),
                new Guard(
                        "the log holds only what was counted",
                        "identities = table.concat(kept)",
                        "",
                        world -> {
                            TestNode node = world.node();
                            node.send(world.event(1).countsFrom(world.now() + 1), world.event(2));
                            world.node().send(world.event(1)); // its time has come, at another node
                            return world.alice();
                        },
                        "2000"),
                new Guard(
                        "a counter that holds no number stops its section before anything is written",
                        "if value and not is_number(value) then",
                        "if false then",
                        world -> {
                            redis.plain().hset(PARTITION.earn(1), "alice", "x");
                            outcome(() -> world.node().send(Event.of(2, "bob", 7, world.now()), world.event(1)));
                            redis.plain().hdel(PARTITION.earn(1), "alice");
                            world.node().send(Event.of(2, "bob", 7, world.now()), world.event(1));
                            return world.alice() + " " + world.partition().ctl(Ctl.EVENTS);
                        },
                        "1000 2"),
                new Guard(
                        "records of another type stop their section before anything is written",
                        "if type(redis.pcall('XLEN', engage)) ~= 'number' then",
                        "if false then",
                        world -> {
                            redis.plain().set(PARTITION.engage(1), "x");
                            outcome(() -> world.node().send(world.event(1)));
                            redis.plain().del(PARTITION.engage(1));
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "1000"),
                new Guard(
                        "totals that are no numbers stop their section before anything is written",
                        "if total_micros and not is_number(total_micros) or total_events and not is_number(total_events) then",
                        "if false then",
                        world -> {
                            world.partition().set(Ctl.MICROS, "x");
                            outcome(() -> world.node().send(world.event(1)));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "a log that takes no entry stops its section",
                        "if type(added) == 'table' then",
                        "if false then",
                        world -> {
                            add("99999999999999-0", "x");
                            redis.plain().xdel(PARTITION.log(Retention.SHORT), "99999999999999-0");
                            world.node().send(world.event(1));
                            return world.alice();
                        },
                        "null"),
                new Guard(
                        "the first key is remembered",
                        "if not key then",
                        "if false then",
                        world -> {
                            world.node().send(world.event(1));
                            return String.valueOf(world.partition().field(Ctl.KEY));
                        },
                        TestNode.KEY),
                new Guard(
                        "the log's last entry is remembered",
                        "for name, value in pairs({last = last,",
                        "for name, value in pairs({",
                        world -> {
                            world.node().send(world.event(1));
                            return outcome(() -> world.node().send(world.event(1))) + world.alice();
                        },
                        "Counted1000"),
                new Guard(
                        "sums beyond what Lua adds exactly are left to Redis",
                        "if value and #value > MOST_EXACT_DIGITS then",
                        "if false then",
                        world -> {
                            redis.plain().hset(PARTITION.earn(1), Ctl.EPOCH_MICROS, "9007199254740993");
                            world.node().send(world.event(1));
                            return world.partition().earnings(1).get(Ctl.EPOCH_MICROS);
                        },
                        "9007199254741993"),
                new Guard(
                        "the clock's highest second is remembered",
                        "local sums = {'HSET', ctl, 'clock', exact(now)}",
                        "local sums = {'HSET', ctl, 'clock', '0'}",
                        world -> {
                            world.node().send(world.event(1));
                            return Boolean.toString(
                                    Long.parseLong(world.partition().ctl(Ctl.CLOCK)) >= world.now());
                        },
                        "true"));
    }

    @ParameterizedTest
    @MethodSource("guards")
    void aGuardIsNeeded(Guard guard) {
        assertThat(guard.scenario().apply(world(SCRIPT))).as("with it").isEqualTo(guard.right());

        String[] parts = SCRIPT.split(Pattern.quote(guard.text()), -1);
        assertThat(parts).as("tally.lua has its text once").hasSize(2);
        String altered = String.join(guard.without(), parts);
        assertThat(guard.scenario().apply(world(altered))).as("without it").isNotEqualTo(guard.right());
    }

    private static World world(String script) {
        RealServers.flushRedis();
        TestPartition partition = new TestPartition(redis, PARTITION).open();
        return new World(partition, script, partition.knownSecond());
    }

    /** What a call comes to: the kind of its reply, or of its failure. */
    private static String outcome(Supplier<TallyReply> call) {
        try {
            return call.get().getClass().getSimpleName();
        } catch (RedisRefusedException e) {
            return "failed";
        }
    }

    private static List<Event> many(World world, long first) {
        Event[] events = new Event[TallySection.MOST_EVENTS];
        Arrays.setAll(events, i -> world.event(first + i));
        return List.of(events);
    }

    private static List<String> ids(World world) {
        return world.partition().log(Retention.SHORT);
    }

    private static void add(String id, String value) {
        redis.plain().xadd(PARTITION.log(Retention.SHORT), new XAddArgs().id(id), Map.of("f", value));
    }

    private static String units(World world) {
        try {
            return world.partition().units(1).toString();
        } catch (MalformedCountersException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Puts another identity in the place of the log's only entry, under the same ID. */
    private static void replaceLog(World world, long identity) {
        String log = PARTITION.log(Retention.SHORT);
        String id = ids(world).getFirst();
        redis.plain().del(log);
        add(id, (char) identity + "\0".repeat(7));
    }

    private static String text() {
        try (InputStream in = TallyScript.class.getResourceAsStream("tally.lua")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Within that of the ID the next entry's would be too low, whatever the script looks at. */
    private static void awaitTheMillisecondAfter(String id) {
        long millisecond = Long.parseLong(id.substring(0, id.indexOf('-')));
        long now;
        do {
            List<String> time = redis.plain().time();
            now = Long.parseLong(time.get(0)) * 1_000 + Long.parseLong(time.get(1)) / 1_000;
        } while (now <= millisecond);
    }
}
