package dev.millrace.ledger.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import com.google.common.util.concurrent.AtomicLongMap;
import dev.millrace.books.Balances;
import dev.millrace.books.PartitionCursor;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import dev.millrace.ledger.Stores;
import dev.millrace.ledger.creator.Creator;
import dev.millrace.local.server.Databases;
import dev.millrace.service.problem.ProblemException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The balance's promise, with a settlement running between any two of the reading's steps. */
class LiveBalanceIT {
    private static final Creator CREATOR = new Creator("c-1");
    private static final Partition PARTITION = CREATOR.partition();
    private static final String NAME = PARTITION.toString();

    private Stores stores;
    private RedisConnections redis;
    private Runnable beforeCounters = () -> {};
    private Runnable beforeBalance = () -> {};

    private LiveBalance balances;

    @BeforeEach
    void start() {
        stores = Stores.fresh(1);
        stores.openCounters();
        redis = new RedisConnections(
                new RedisSettings(stores.redisUrl(), Duration.ofSeconds(10), Duration.ofSeconds(10)),
                Ticker.systemTicker());
        redis.look();
        redis.watch(Duration.ofMillis(500));
        JdbcClient jdbc = JdbcClient.create(stores.pool(Databases.LEDGER));
        balances = new LiveBalance(
                new Balances(jdbc, Duration.ofDays(7)) {
                    @Override
                    public Map<Integer, PartitionCursor> cursors(Collection<Integer> partitions) {
                        Map<Integer, PartitionCursor> cursors = super.cursors(partitions);
                        beforeCounters.run();
                        return cursors;
                    }

                    @Override
                    public Map<String, Settled> settled(Map<String, Integer> creators) {
                        beforeBalance.run();
                        return super.settled(creators);
                    }
                },
                redis,
                "USD",
                Clock.systemUTC(),
                Ticker.systemTicker());
    }

    @AfterEach
    void stop() {
        redis.close();
        stores.close();
    }

    private static Runnable once(Runnable step) {
        AtomicBoolean first = new AtomicBoolean(true);
        return () -> {
            if (first.getAndSet(false)) {
                step.run();
            }
        };
    }

    private void assertBalance(long settled, long pending) {
        Balance live = balances.read(CREATOR);
        assertThat(live.settled().micros()).isEqualTo(settled);
        assertThat(live.pending().micros()).isEqualTo(pending);
        assertThat(live.total().micros()).isEqualTo(settled + pending);
    }

    private void assertUnavailable(String reason) {
        assertThatThrownBy(() -> balances.read(CREATOR))
                .isInstanceOf(ProblemException.class)
                .hasMessageStartingWith("counters-unavailable")
                .hasMessageContaining(reason);
    }

    private Map<Creator, CompletableFuture<Balance>> read(Collection<Creator> creators, int tries) {
        Map<Creator, CompletableFuture<Balance>> answers = new HashMap<>();
        creators.forEach(creator -> answers.put(creator, new CompletableFuture<>()));
        balances.read(answers, tries);
        return answers;
    }

    @ParameterizedTest
    @ValueSource(strings = {"before the counters", "before the balance"})
    void anEpochSealedAndSettledBetweenTwoStepsIsCountedOnce(String when) {
        stores.count(CREATOR.id(), 1_500);
        stores.sealAndSettle(PARTITION);
        stores.count(CREATOR.id(), 40);
        Runnable settlement = once(() -> stores.sealAndSettle(PARTITION));
        if (when.equals("before the counters")) {
            beforeCounters = settlement;
        } else {
            beforeBalance = settlement;
        }
        assertBalance(1_540, 0);
    }

    @Test
    void anEpochSealedBeforeAndSettledBetweenTwoStepsIsCountedOnce() {
        stores.count(CREATOR.id(), 1_500);
        stores.seal(PARTITION);
        stores.count(CREATOR.id(), 40);
        beforeBalance = once(() -> stores.settle(PARTITION));
        assertBalance(1_500, 40);
    }

    @Test
    void anEpochSettledAndReleasedBetweenTwoStepsIsCountedOnce() {
        stores.count(CREATOR.id(), 1_500);
        stores.seal(PARTITION);
        stores.count(CREATOR.id(), 40);
        beforeCounters = once(() -> {
            stores.settle(PARTITION);
            stores.release(PARTITION, 1);
        });
        assertBalance(1_500, 40);
    }

    @Test
    void aLedgerThatWentBackDuringTheReadingIsReadAgain() {
        stores.count(CREATOR.id(), 1_500);
        stores.sealAndSettle(PARTITION);
        beforeBalance = once(() -> {
            // as a restore does it, past the trigger that keeps everybody else from it
            stores.owner()
                    .sql("ALTER TABLE partition_cursor DISABLE TRIGGER cursor_follows_epochs")
                    .update();
            stores.owner()
                    .sql("UPDATE partition_cursor SET settled_epoch = 0 WHERE partition = ?")
                    .param(PARTITION.number())
                    .update();
            stores.owner()
                    .sql("ALTER TABLE partition_cursor ENABLE TRIGGER cursor_follows_epochs")
                    .update();
            stores.owner().sql("UPDATE balance SET micros = 0").update();
        });
        assertBalance(0, 1_500);
    }

    @Test
    void itGivesUpWhenTheStoresMoveDuringEveryReading() {
        stores.count(CREATOR.id(), 1_500);
        AtomicLong readings = new AtomicLong();
        beforeBalance = () -> {
            readings.incrementAndGet();
            stores.sealAndSettle(PARTITION);
        };
        assertUnavailable("moved during each of 5 readings");
        assertThat(readings).hasValue(LiveBalance.TRIES);
    }

    @Test
    void theTotalIsWhatIsSettledPlusWhatIsPending() {
        stores.count(CREATOR.id(), 1_000);
        assertBalance(0, 1_000);
        stores.sealAndSettle(PARTITION);
        stores.count(CREATOR.id(), 30);
        stores.seal(PARTITION);
        stores.count(CREATOR.id(), 7);
        assertBalance(1_000, 37);
    }

    @Test
    void everyPublishersShareIsInIt() {
        stores.count("demo", CREATOR.id(), 10);
        stores.count("other", CREATOR.id(), 200);
        stores.count("other", "somebody-else", 5_000);
        assertBalance(0, 210);
    }

    /** Calls and fields, not time: what Redis does for a reading is the same whatever the number of publishers. */
    @Test
    void aBalanceCostsTheSameWithOneAndWithAThousandPublishers() {
        stores.count(CREATOR.id(), 1);
        assertBalance(0, 1); // the script is known from here on
        Map<String, Long> withOne = costOf(() -> assertBalance(0, 1));
        for (int i = 0; i < 1_000; i++) {
            stores.count("publisher-" + i, CREATOR.id(), 1);
        }
        Map<String, Long> withMany = costOf(() -> assertBalance(0, 1_001));
        assertThat(withMany).isEqualTo(withOne).containsEntry("evalsha_ro", 1L).containsEntry("hmget", 2L);
        assertThat(stores.redis().hkeys(PARTITION.earn(1)))
                .filteredOn(field -> !field.startsWith("$"))
                .containsExactlyInAnyOrder(CREATOR.id(), Ctl.EPOCH_MICROS, Ctl.EPOCH_EVENTS, Ctl.EPOCH_DAY);
    }

    /** As many as follow at once: in Redis one call a partition, in Postgres two statements. */
    @Test
    void aThousandFollowedBalancesCostOneCallAPartition() {
        Set<Creator> creators = IntStream.range(0, 1_000)
                .mapToObj(i -> new Creator("followed-" + i))
                .collect(Collectors.toSet());
        creators.stream().limit(10).forEach(creator -> stores.count(creator.id(), 7));
        var _ = balances.read(CREATOR); // the script is known from here on
        AtomicLong statements = new AtomicLong();
        beforeCounters = statements::incrementAndGet;
        beforeBalance = statements::incrementAndGet;
        Map<Creator, CompletableFuture<Balance>> read = new HashMap<>();
        assertThat(costOf(() -> read.putAll(read(creators, 1)))).isEqualTo(Map.of("evalsha_ro", 16L, "hmget", 2L * 16));
        assertThat(statements).hasValue(2);
        assertThat(read).hasSize(1_000);
        assertThat(read.values().stream()
                        .mapToLong(reading -> reading.resultNow().total().micros()))
                .filteredOn(total -> total != 0)
                .containsOnly(7L)
                .hasSize(10);
    }

    /** Whoever follows waits for the next second: the bound on Redis' work holds at a settlement, too. */
    @Test
    void aFollowedBalanceWhoseStoresMovedIsLeftOutAndNotReadAgain() {
        stores.count(CREATOR.id(), 1_500);
        AtomicLong readings = new AtomicLong();
        beforeBalance = () -> {
            readings.incrementAndGet();
            stores.sealAndSettle(PARTITION);
        };
        assertThat(read(Set.of(CREATOR), 1).get(CREATOR)).isNotDone();
        assertThat(readings).hasValue(1);
    }

    @Test
    void thoseWhoAreReadTogetherCostOneAskingAPartition() {
        List<Creator> creators = IntStream.range(0, 40)
                .mapToObj(i -> new Creator("together-" + i))
                .toList();
        creators.forEach(creator -> stores.count(creator.id(), 7));
        long partitions = creators.stream().map(Creator::partition).distinct().count();
        assertThat(partitions).isGreaterThan(1);
        var _ = balances.read(CREATOR); // the script is known from here on
        assertThat(costOf(() -> assertThat(read(creators, LiveBalance.TRIES).values())
                        .allSatisfy(reading -> assertThat(
                                        reading.resultNow().pending().micros())
                                .isEqualTo(7))))
                .isEqualTo(Map.of("evalsha_ro", partitions, "hmget", 2 * partitions));
    }

    private static String text(CompletableFuture<Balance> reading) {
        if (reading.state() == Future.State.FAILED) {
            return ((ProblemException) reading.exceptionNow()).detail();
        }
        Balance live = reading.resultNow();
        return live.known() ? live.settled().micros() + " + " + live.pending().micros() : "unknown";
    }

    /** Commands by name, those of the looks at Redis and at the catalogue left out. */
    private Map<String, Long> costOf(Runnable reading) {
        Map<String, Long> before = calls();
        reading.run();
        Map<String, Long> cost = new TreeMap<>();
        calls().forEach((command, calls) -> cost.put(command, calls - before.getOrDefault(command, 0L)));
        cost.keySet().removeAll(List.of("info", "time", "get"));
        cost.values().removeIf(calls -> calls == 0);
        return cost;
    }

    private Map<String, Long> calls() {
        Map<String, Long> calls = new HashMap<>();
        Matcher line = Pattern.compile("cmdstat_(\\w+):calls=(\\d+)")
                .matcher(stores.redis().info("commandstats"));
        while (line.find()) {
            calls.put(line.group(1), Long.parseLong(line.group(2)));
        }
        return calls;
    }

    /**
     * One is known only to the ledger, one to the counters, one to nobody, one's counter is broken, and one's partition has not been
     * compared with the ledger.
     */
    @Test
    void eachOfThoseWhoAreReadTogetherGetsItsOwn() {
        Partition uncompared = Partition.of("uncompared");
        stores.count("settled", 10);
        stores.sealAndSettle(Partition.of("settled"));
        stores.count("pending", 200);
        stores.count("other", "pending", 3_000);
        stores.count("broken", 7);
        stores.redis().hset(Partition.of("broken").earn(1), "broken", "1.5");
        stores.redis().hdel(uncompared.ctl(), Ctl.PROCESS);
        List<String> names = List.of("settled", "pending", "nobody", "broken", "uncompared", "pending");
        assertThat(Stream.of("settled", "pending", "nobody", "broken").map(Partition::of))
                .doesNotContain(uncompared);
        Map<Creator, CompletableFuture<Balance>> readings =
                read(names.stream().map(Creator::new).toList(), LiveBalance.TRIES);
        assertThat(names.stream().map(name -> readings.get(new Creator(name))).map(LiveBalanceIT::text))
                .containsExactly(
                        "10 + 0",
                        "0 + 3200",
                        "unknown",
                        "a counter holds '1.5', which is no whole number of micros",
                        "the counters of %s have not been compared with the ledger since Redis was started or replaced"
                                .formatted(uncompared),
                        "0 + 3200");
    }

    @Test
    void settledThroughIsOfTheCreatorsPartition() {
        Instant before = settledThrough();
        stores.sealAndSettle(PARTITION);
        Instant after = settledThrough();
        assertThat(after).isAfter(before);
        stores.sealAndSettle(Partition.of((PARTITION.number() + 1) % Partition.COUNT));
        assertThat(settledThrough()).isEqualTo(after);
    }

    private Instant settledThrough() {
        return balances.read(CREATOR).settledThrough();
    }

    @Test
    void countersThatAreLostAreNotTakenForEmptyOnes() {
        stores.count(CREATOR.id(), 1_500);
        beforeCounters = once(stores.redis()::flushdb);
        assertUnavailable(NAME + " are not open");
    }

    @ParameterizedTest
    @ValueSource(strings = {"before the counters", "before the balance"})
    void aLineageThatIsRaisedBetweenTwoStepsMakesItStartOver(String when) {
        stores.count(CREATOR.id(), 1_500);
        stores.sealAndSettle(PARTITION);
        stores.count(CREATOR.id(), 40);
        AtomicLong readings = new AtomicLong();
        Runnable raise = once(() -> stores.raise(PARTITION));
        if (when.equals("before the counters")) {
            beforeCounters = raise;
        } else {
            beforeBalance = () -> {
                readings.incrementAndGet();
                raise.run();
            };
        }
        assertBalance(1_500, 40);
        assertThat(readings).hasValue(when.equals("before the counters") ? 0 : 2);
    }

    /** A Redis that a failover gave up still answers, as confirmed as ever, with a pointer ahead of the cursor. */
    @Test
    void countersOfALineageThatWasGivenUpAreNeverShown() {
        stores.count(CREATOR.id(), 1_500);
        beforeBalance = once(() -> stores.note(PARTITION, 2));
        assertUnavailable(
                "the counters of %s are of lineage 1, the ledger's cursor of lineage 2: they have not been compared, or were opened anew"
                        .formatted(PARTITION));
        assertUnavailable("of lineage 1, the ledger's cursor of lineage 2");
    }

    /** Between a worker's first step and its third nothing is shown: what was read may be about to be given up. */
    @Test
    void aLineageThatIsRaisedInRedisAndNotConfirmedIsNotShown() {
        stores.count(CREATOR.id(), 1_500);
        beforeCounters = once(() -> stores.raiseInRedis(PARTITION));
        assertUnavailable("the counters of %s have not been compared with the ledger".formatted(PARTITION));
    }

    /** Epochs' numbers are used again: the sums read belong to a time that was given up. */
    @Test
    void countersOpenedAnewDuringTheReadingAreReadAgain() {
        stores.count(CREATOR.id(), 1_500);
        beforeBalance = once(() -> {
            stores.open(PARTITION, "1");
            stores.count(CREATOR.id(), 40);
        });
        assertBalance(0, 40);
    }

    @Test
    void aMissingPointerIsNeverGuessed() {
        stores.count(CREATOR.id(), 1_500);
        stores.redis().hdel(PARTITION.ctl(), Ctl.EPOCH);
        assertUnavailable(NAME + " are not open");
    }

    @Test
    void aPointerTheLedgerIsBeyondIsNeverGuessed() {
        stores.count(CREATOR.id(), 1_500);
        stores.sealAndSettle(PARTITION);
        for (String pointer : List.of("1", "0", "-3", "x", "")) {
            stores.redis().hset(PARTITION.ctl(), Ctl.EPOCH, pointer);
            assertUnavailable("the pointer of %s is '%s', but the ledger has settled epoch 1".formatted(NAME, pointer));
        }
    }

    /** Usually one or two epochs are asked for; after Postgres was restored, as many as there are. */
    @Test
    void aPointerBeyondTheKeysOfTheFirstAskingIsReadByASecond() {
        for (int i = 1; i <= 20; i++) {
            stores.count(CREATOR.id(), i);
            stores.seal(PARTITION);
        }
        stores.count(CREATOR.id(), 1_000);
        assertThat(costOf(() -> assertBalance(0, 1_210))).containsEntry("evalsha_ro", 2L);
    }

    @Test
    void aPointerFarBeyondTheLedgerIsNoneOfOurs() {
        stores.count(CREATOR.id(), 1_500);
        long most = PartitionReading.MOST_EPOCHS;
        stores.redis().hset(PARTITION.ctl(), Ctl.EPOCH, Long.toString(most));
        assertUnavailable("epoch 1 of %s is neither settled nor in the counters".formatted(NAME));
        for (String pointer : List.of(Long.toString(most + 1), "999999999999999999", "9999999999999999999999")) {
            stores.redis().hset(PARTITION.ctl(), Ctl.EPOCH, pointer);
            assertUnavailable("the pointer of %s is '%s', but the ledger has settled epoch 0".formatted(NAME, pointer));
        }
    }

    /** They may be those of an older copy, whose pointer is ahead as long as a settlement is under way. */
    @Test
    void countersNotYetComparedWithTheLedgerAreNeverShown() {
        stores.count(CREATOR.id(), 1_500);
        stores.redis().hset(PARTITION.ctl(), Ctl.PROCESS, "the-process-before/its-replication");
        assertUnavailable("the counters of %s have not been compared with the ledger".formatted(PARTITION));
        stores.raise(PARTITION);
        assertBalance(0, 1_500);
    }

    @Test
    void aSealedEpochThatIsNeitherSettledNorThereIsNeverGuessed() {
        stores.count(CREATOR.id(), 1_500);
        stores.seal(PARTITION);
        stores.release(PARTITION, 1);
        assertUnavailable("epoch 1 of %s is neither settled nor in the counters".formatted(NAME));
    }

    @Test
    void countersThatWereNeverOpenedAreNotTakenForEmptyOnes() {
        stores.note(PARTITION, 0);
        assertUnavailable(NAME + " were never opened");
    }

    @Test
    void aCounterThatIsNoWholeNumberIsNeverGuessed() {
        for (String wrong : List.of("1.5", "1e3", "9223372036854775808")) {
            stores.redis().hset(PARTITION.earn(1), CREATOR.id(), wrong);
            assertUnavailable("'%s'".formatted(wrong));
        }
        stores.redis().del(PARTITION.earn(1));
        stores.redis().lpush(PARTITION.earn(1), "another type");
        assertUnavailable("the counters do not answer");
    }

    @Test
    void aCreatorIsKnownByAPendingFieldOrAnAccount() {
        assertThat(balances.read(CREATOR).known()).isFalse();
        stores.count(CREATOR.id(), 5);
        assertBalance(0, 5);
        stores.sealAndSettle(PARTITION);
        assertBalance(5, 0);
    }

    /** Events, seals, settlements and releases as fast as they go; every reading lies between what was counted before and after. */
    @Test
    void whileSettlementNeverRestsNoReadingIsDoubleOrShort() throws Exception {
        long seed = System.nanoTime();
        System.out.println("whileSettlementNeverRestsNoReadingIsDoubleOrShort: seed " + seed);
        List<Creator> creators =
                Stream.of("c-1", "c-2", "c-3").map(Creator::new).toList();
        List<Partition> partitions =
                creators.stream().map(Creator::partition).distinct().toList();
        AtomicLongMap<Creator> begun = AtomicLongMap.create();
        AtomicLongMap<Creator> counted = AtomicLongMap.create();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread ingest = Thread.ofPlatform().start(guarded(failure, () -> {
            Random random = new Random(seed);
            while (!stop.get()) {
                long micros = random.nextLong(1, 1_000);
                Creator creator = creators.get(random.nextInt(creators.size()));
                begun.addAndGet(creator, micros);
                stores.count(creator.id(), micros);
                counted.addAndGet(creator, micros);
            }
        }));
        Stores worker = new Stores(stores.jdbcUrl(), stores.redisUrl(), stores.password());
        Thread settlement = Thread.ofPlatform().start(guarded(failure, () -> {
            Random random = new Random(seed + 1);
            while (!stop.get()) {
                Partition partition = partitions.get(random.nextInt(partitions.size()));
                worker.sealAndSettle(partition);
                worker.release(partition, worker.settledEpoch(partition));
            }
        }));
        long live = 0;
        Map<Creator, Long> last = new HashMap<>();
        long begin = System.nanoTime();
        long end = begin + 5_000_000_000L;
        long deadline = begin + 90_000_000_000L; // a slow machine takes longer for its twenty readings
        while ((System.nanoTime() < end || (live <= 20 && System.nanoTime() < deadline)) && failure.get() == null) {
            Map<Creator, Long> atLeast = new HashMap<>();
            creators.forEach(
                    creator -> atLeast.put(creator, Math.max(counted.get(creator), last.getOrDefault(creator, 0L))));
            Map<Creator, CompletableFuture<Balance>> readings = read(creators, LiveBalance.TRIES);
            for (Creator creator : creators) {
                long atMost = begun.get(creator);
                CompletableFuture<Balance> reading = Objects.requireNonNull(readings.get(creator));
                if (reading.state() == Future.State.SUCCESS) {
                    long total = reading.resultNow().total().micros();
                    assertThat(total).isBetween(atLeast.get(creator), atMost);
                    last.put(creator, total);
                    live++;
                }
            }
        }
        stop.set(true);
        ingest.join();
        settlement.join();
        worker.close();
        assertThat(failure.get()).isNull();
        assertThat(live).isGreaterThan(20);
        for (Creator creator : creators) {
            assertThat(balances.read(creator).total().micros()).isEqualTo(counted.get(creator));
        }
        System.out.printf("%d readings, %s micros%n", live, counted);
    }

    private static Runnable guarded(AtomicReference<Throwable> failure, Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                failure.set(e);
            }
        };
    }
}
