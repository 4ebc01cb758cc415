package dev.millrace.ledger.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogJson;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.Stores;
import dev.millrace.ledger.creator.CreatorId;
import dev.millrace.ledger.redis.RedisConfiguration;
import dev.millrace.ledger.redis.RedisLine;
import dev.millrace.local.server.Databases;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** The balance's promise, with a settlement running between any two of the reading's steps. */
class LiveBalanceIT {
    private static final CreatorId CREATOR = new CreatorId("c-1");
    private static final int PARTITION = 7;

    private Stores stores;
    private LettuceConnectionFactory connections;
    private Runnable beforeCounters = () -> {};
    private Runnable beforeSums = () -> {};
    private Runnable beforeBalance = () -> {};
    private int asked;

    private LiveBalance balances;

    @BeforeEach
    void start() {
        stores = Stores.fresh(1);
        stores.openCounters();
        RedisURI uri = RedisURI.create(stores.redisUrl());
        connections = new LettuceConnectionFactory(LettuceConnectionFactory.createRedisConfiguration(uri));
        connections.afterPropertiesSet();
        connections.start();
        RedisLine redis = new RedisConfiguration().redisLine(connections);
        JdbcClient jdbc =
                JdbcClient.create(new DriverManagerDataSource(stores.jdbcUrl(), Databases.LEDGER, stores.password()));
        balances = new LiveBalance(
                new SettledLedger(jdbc) {
                    @Override
                    Settled settled(List<CreatorId> creators) {
                        beforeBalance.run();
                        return super.settled(creators);
                    }
                },
                new PendingCounters(redis) {
                    @Override
                    List<Partition> read(List<CreatorId> creators, SettledLedger.Start start) throws Unreadable {
                        beforeCounters.run();
                        return super.read(creators, start);
                    }

                    // The pointers have been read before anything else happens.
                    @Override
                    Asked ask(
                            RedisClusterAsyncCommands<byte[], byte[]> commands,
                            Heads heads,
                            List<CreatorId> creators,
                            SettledLedger.Cursors settled) {
                        commands.ping().toCompletableFuture().join();
                        beforeSums.run();
                        asked++;
                        return super.ask(commands, heads, creators, settled);
                    }
                },
                Clock.systemUTC());
    }

    @AfterEach
    void stop() {
        connections.destroy();
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
        assertThat(balances.read(CREATOR)).isInstanceOfSatisfying(BalanceReading.Live.class, live -> {
            assertThat(live.settled()).isEqualTo(new Micros(settled));
            assertThat(live.pending()).isEqualTo(new Micros(pending));
            assertThat(live.total()).isEqualTo(new Micros(settled + pending));
        });
    }

    private void assertUnavailable(String reason) {
        assertThat(balances.read(CREATOR))
                .isInstanceOfSatisfying(
                        BalanceReading.Unavailable.class,
                        now -> assertThat(now.reason()).contains(reason));
    }

    @Test
    void theTotalIsWhatIsSettledPlusWhatIsPendingInAllPartitions() {
        for (int partition = 0; partition < 16; partition++) {
            stores.count(partition, CREATOR.id(), 1_000 + partition);
        }
        assertBalance(0, 16_120);

        stores.sealAndSettle(3);
        stores.seal(4);
        stores.count(4, CREATOR.id(), 7);

        assertBalance(1_003, 16_120 - 1_003 + 7);
    }

    @Test
    void aReadingGuessesWhatThereIsToReadAndAsksAgainOnlyWhereItWasWrong() {
        stores.count(PARTITION, CREATOR.id(), 1_000);
        assertBalance(0, 1_000);
        assertThat(asked).isEqualTo(1);

        stores.seal(PARTITION);
        stores.count(PARTITION, CREATOR.id(), 7);
        assertBalance(0, 1_007);
        assertThat(asked).as("another epoch has been opened").isEqualTo(3);
        assertBalance(0, 1_007);
        assertThat(asked).isEqualTo(4);

        stores.settle(PARTITION);
        stores.count(PARTITION, CREATOR.id(), 30);
        assertBalance(1_000, 37);
        assertThat(asked).as("settled, and none to spare").isEqualTo(5);
        inForce("demo", "other");
        stores.count(PARTITION, "other", CREATOR.id(), 500);
        assertBalance(1_000, 537);
        assertThat(asked).as("another publisher is in force").isEqualTo(7);
        assertBalance(1_000, 537);
        assertThat(asked).isEqualTo(8);
    }

    /** Of five who are read together one is known only to the ledger, one to the counters, one to nobody, and one's counter is broken. */
    @Test
    void eachOfThoseWhoAreReadTogetherGetsItsOwn() {
        stores.publisher("other");
        stores.count(0, "settled", 10);
        stores.sealAndSettle(0);
        stores.count(0, "other", "pending", 200);
        stores.count(3, "demo", "pending", 3_000);
        stores.count(3, "broken", 7);
        stores.redis().hset(Stores.keys(3).earn(1), "demo|broken", "1.5");
        List<BalanceReading> readings = balances.readAll(Stream.of("settled", "pending", "nobody", "broken", "pending")
                .map(CreatorId::new)
                .toList());
        assertThat(readings.stream().map(reading -> switch (reading) {
                    case BalanceReading.Live live -> live.settled() + " + " + live.pending();
                    case BalanceReading.Unknown _ -> "unknown";
                    case BalanceReading.Unavailable now -> now.reason();
                }))
                .containsExactly(
                        "10 micros + 0 micros",
                        "0 micros + 3200 micros",
                        "unknown",
                        "a counter holds '1.5', which is no whole number of micros",
                        "0 micros + 3200 micros");
    }

    @Test
    void everyPublishersShareIsInIt() {
        stores.publisher("other");
        stores.count(0, "demo", CREATOR.id(), 10);
        stores.count(0, "other", CREATOR.id(), 200);
        stores.count(0, "other", "somebody-else", 5_000);
        assertBalance(0, 210);
    }

    @ParameterizedTest
    @ValueSource(strings = {"before the counters", "before the balance"})
    void anEpochSealedAndSettledBetweenTwoStepsIsCountedOnce(String when) {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.sealAndSettle(PARTITION);
        stores.count(PARTITION, CREATOR.id(), 40);
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
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.seal(PARTITION);
        stores.count(PARTITION, CREATOR.id(), 40);
        beforeBalance = once(() -> stores.settle(PARTITION));
        assertBalance(1_500, 40);
    }

    @Test
    void anEpochSettledAndReleasedBetweenTwoStepsIsCountedOnce() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.seal(PARTITION);
        stores.count(PARTITION, CREATOR.id(), 40);
        beforeCounters = once(() -> {
            stores.settle(PARTITION);
            stores.release(PARTITION, 1);
        });
        assertBalance(1_500, 40);
    }

    @Test
    void aPublisherWhoJoinsDuringTheReadingIsNotLeftOut() {
        stores.count(PARTITION, CREATOR.id(), 1_000);
        beforeCounters = once(() -> {
            stores.publisher("newcomer");
            stores.count(PARTITION, "newcomer", CREATOR.id(), 9);
        });
        assertBalance(0, 1_009);
    }

    private void inForce(String... publishers) {
        Catalog.Publisher publisher = new Catalog.Publisher(List.of(1), List.of());
        Catalog catalog = new Catalog(
                7,
                Stream.of(publishers).collect(Collectors.toMap(id -> id, _ -> publisher)),
                List.of(new RateCard(1, 0, Map.of())));
        stores.redis().set("catalog", CatalogJson.write(catalog));
    }

    @Test
    void aPublisherThatARestoredDatabaseLostIsNotLeftOut() {
        inForce("demo", "lost");
        stores.count(PARTITION, "demo", CREATOR.id(), 1_000);
        stores.count(PARTITION, "lost", CREATOR.id(), 9);
        assertBalance(0, 1_009);
        inForce("demo", "lost", "lost-too");
        stores.count(PARTITION, "lost-too", CREATOR.id(), 20_000);
        assertBalance(0, 21_009);
    }

    @Test
    void aCatalogueThatCantBeReadIsNeverTakenForNone() {
        stores.redis().set("catalog", "no catalogue");
        assertUnavailable("the catalogue in force can't be read");
        stores.redis().del("catalog");
        stores.redis().hset("catalog", "of", "another type");
        assertUnavailable("the counters do not answer");
    }

    @Test
    void countersThatAreLostBehindThePointersAreNotTakenForEmptyOnes() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        beforeSums = once(stores.redis()::flushdb);
        assertUnavailable("are not open");
    }

    @Test
    void aPointerThatWentBackBehindTheFirstLookIsReadAgain() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.seal(PARTITION);
        beforeSums = once(() -> {
            stores.redis().set(Stores.keys(PARTITION).epoch(), "1");
            stores.redis().hdel(Stores.keys(PARTITION).earn(1), "#sealed");
        });
        assertBalance(0, 1_500);
    }

    @Test
    void aLedgerThatWentBackDuringTheReadingIsReadAgain() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.sealAndSettle(PARTITION);
        beforeBalance = once(() -> {
            // as a restore does it, past the trigger that keeps everybody else from it
            stores.owner()
                    .sql("ALTER TABLE partition_cursor DISABLE TRIGGER cursor_follows_epochs")
                    .update();
            stores.owner()
                    .sql("UPDATE partition_cursor SET settled_epoch = 0 WHERE partition = ?")
                    .param(PARTITION)
                    .update();
            stores.owner()
                    .sql("ALTER TABLE partition_cursor ENABLE TRIGGER cursor_follows_epochs")
                    .update();
            stores.owner().sql("UPDATE balance SET micros = 0").update();
        });
        assertBalance(0, 1_500);
    }

    @Test
    void countersOpenedAnewDuringTheReadingAreReadAgain() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.count(PARTITION + 1, CREATOR.id(), 40);
        beforeBalance = once(() -> {
            stores.redis().del(Stores.keys(PARTITION).earn(1));
            stores.owner()
                    .sql("UPDATE partition_cursor SET opening = opening + 1 WHERE partition = ?")
                    .param(PARTITION)
                    .update();
        });
        assertBalance(0, 40);
    }

    @Test
    void aMissingPointerIsNeverGuessed() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.redis().del(Stores.keys(PARTITION).epoch());
        assertUnavailable("partition 7 are not open");
    }

    @Test
    void aPointerTheLedgerIsBeyondIsNeverGuessed() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.sealAndSettle(PARTITION);
        stores.redis().set(Stores.keys(PARTITION).epoch(), "1");
        assertUnavailable("the pointer of partition 7 is 1, but the ledger has settled epoch 1");
    }

    @Test
    void aPointerFarBeyondTheLedgerIsNoneOfOurs() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.redis().set(Stores.keys(PARTITION).epoch(), Long.toString(PendingCounters.MOST_EPOCHS + 1));
        assertUnavailable("the pointer of partition 7 is 10001, but the ledger has settled epoch 0");
    }

    /** They may be those of an older copy, whose pointer is ahead as long as a settlement is under way. */
    @Test
    void countersNotYetComparedWithTheLedgerAreNeverShown() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.redis().set(Stores.keys(PARTITION).run(), "the-process-before");
        assertUnavailable("the counters of partition 7 have not been compared with the ledger since Redis was started");
        stores.compareCounters();
        assertBalance(0, 1_500);
    }

    @Test
    void aSealedEpochThatIsNeitherSettledNorThereIsNeverGuessed() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        stores.seal(PARTITION);
        stores.release(PARTITION, 1);
        assertUnavailable("epoch 1 of partition 7 is neither settled nor in the counters");
    }

    @Test
    void countersThatWereNeverOpenedAreNotTakenForEmptyOnes() {
        stores.owner().sql("UPDATE partition_cursor SET opening = 0").update();
        assertUnavailable("never opened");
    }

    @Test
    void aCounterThatIsNoWholeNumberIsNeverGuessed() {
        stores.redis().hset(Stores.keys(PARTITION).earn(1), "demo|c-1", "1.5");
        assertUnavailable("'1.5'");
    }

    @Test
    void itGivesUpWhenTheStoresMoveDuringEveryReading() {
        stores.count(PARTITION, CREATOR.id(), 1_500);
        AtomicLong readings = new AtomicLong();
        beforeBalance = () -> {
            readings.incrementAndGet();
            stores.sealAndSettle(PARTITION);
        };
        assertUnavailable("moved during each of 5 readings");
        assertThat(readings).hasValue(LiveBalance.TRIES);
    }

    @Test
    void aCreatorIsKnownByAPendingFieldOrAnAccount() {
        assertThat(balances.read(CREATOR)).isEqualTo(new BalanceReading.Unknown());
        stores.count(PARTITION, CREATOR.id(), 0);
        assertBalance(0, 0);
        stores.count(PARTITION, CREATOR.id(), 5);
        stores.sealAndSettle(PARTITION);
        assertBalance(5, 0);
    }

    /** Events, seals, settlements and releases as fast as they go; every reading lies between what was counted before and after. */
    @Test
    void whileSettlementNeverRestsNoReadingIsDoubleOrShort() throws Exception {
        long seed = System.nanoTime();
        System.out.println("whileSettlementNeverRestsNoReadingIsDoubleOrShort: seed " + seed);
        AtomicLong begun = new AtomicLong();
        AtomicLong counted = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread ingest = Thread.ofPlatform().start(guarded(failure, () -> {
            Random random = new Random(seed);
            while (!stop.get()) {
                long micros = random.nextLong(1, 1_000);
                begun.addAndGet(micros);
                stores.count(random.nextInt(16), CREATOR.id(), micros);
                counted.addAndGet(micros);
            }
        }));
        Stores worker = new Stores(stores.jdbcUrl(), stores.redisUrl(), stores.password());
        Thread settlement = Thread.ofPlatform().start(guarded(failure, () -> {
            Random random = new Random(seed + 1);
            while (!stop.get()) {
                int partition = random.nextInt(16);
                worker.sealAndSettle(partition);
                worker.release(partition, worker.settledEpoch(partition));
            }
        }));
        int live = 0;
        long last = 0;
        long begin = System.nanoTime();
        long end = begin + 5_000_000_000L;
        long deadline = begin + 90_000_000_000L; // a slow machine takes longer for its twenty readings
        while ((System.nanoTime() < end || (live <= 20 && System.nanoTime() < deadline)) && failure.get() == null) {
            long atLeast = Math.max(counted.get(), last);
            BalanceReading reading = balances.read(CREATOR);
            long atMost = begun.get();
            if (reading instanceof BalanceReading.Live it) {
                assertThat(it.total().value()).isBetween(atLeast, atMost);
                last = it.total().value();
                live++;
            }
        }
        stop.set(true);
        ingest.join();
        settlement.join();
        worker.close();
        assertThat(failure.get()).isNull();
        assertThat(live).isGreaterThan(20);
        assertThat(balances.read(CREATOR))
                .isInstanceOfSatisfying(
                        BalanceReading.Live.class, it -> assertThat(it.total()).isEqualTo(new Micros(counted.get())));
        System.out.printf("%d readings, %d micros%n", live, counted.get());
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
