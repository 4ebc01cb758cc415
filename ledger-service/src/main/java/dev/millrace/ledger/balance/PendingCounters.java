package dev.millrace.ledger.balance;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EarnField;
import dev.millrace.common.identity.Identity;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.creator.CreatorId;
import dev.millrace.ledger.redis.RedisLine;
import dev.millrace.ledger.redis.RedisUnavailable;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pending side: what Redis has counted and Postgres has not settled. One round trip, whatever there is to read: which epochs
 * and publishers there are is guessed from the last reading, and where that was wrong, one more.
 */
class PendingCounters {
    /**
     * Most epochs of a partition that are read above the settled one. Settling waits for Postgres together with sealing,
     * so there are one or two; after Postgres was restored, those kept since. More than this is no counter of ours.
     */
    static final long MOST_EPOCHS = 10_000;

    private static final Pattern RUN_ID = Pattern.compile("(?m)^run_id:(\\w+)");

    private static final List<CounterKeys> PARTITIONS =
            IntStream.range(0, Identity.PARTITIONS).mapToObj(CounterKeys::new).toList();

    private static final byte[][] POINTERS = keys(PARTITIONS.stream().map(CounterKeys::epoch));

    /** Pointers, and which process' counters have been compared with the ledger. */
    private static final byte[][] TAILS = keys(Stream.concat(
            PARTITIONS.stream().map(CounterKeys::epoch), PARTITIONS.stream().map(CounterKeys::run)));

    private final RedisLine redis;
    private final PublishersInForce publishersInForce = new PublishersInForce();

    /** What the last reading found. */
    private volatile @Nullable Heads last;

    PendingCounters(RedisLine redis) {
        this.redis = redis;
    }

    /**
     * One epoch of one partition.
     *
     * @param sealed whether the hash says that nothing is added to it any more
     * @param earned what each of the creators has earned in it, in their order
     */
    record Epoch(boolean sealed, List<Earned> earned) {}

    /**
     * @param known whether there is a field of the creator's, be it of zero micros
     * @param wrong what one of them holds that is no number, or null
     */
    record Earned(boolean known, Micros micros, @Nullable String wrong) {}

    /**
     * One partition.
     *
     * @param pointer the open epoch, greater than {@code bound}
     * @param bound the epoch settled when the reading started
     * @param epochs those from {@code bound + 1} to {@code pointer}, in order
     * @param pointerAfter the open epoch as it was when all of {@code epochs} had been read; 0: there was none any more
     */
    record Partition(long pointer, long bound, List<Epoch> epochs, long pointerAfter) {
        /** Whether the counters read are those that the pointer spoke of, as far as the pointer tells. */
        boolean stayed() {
            return pointerAfter >= pointer;
        }

        Epoch epoch(long number) {
            return epochs.get(Math.toIntExact(number - bound - 1));
        }
    }

    /**
     * Where reading the counters starts from.
     *
     * @param pointers the open epochs, by partition
     * @param inForce publishers of the catalogue in Redis
     * @param publishers the database's and those in force, who may have counted something for the creator
     */
    record Heads(List<Long> pointers, List<String> inForce, List<String> publishers) {
        static Heads of(List<Long> pointers, List<String> inForce, SettledLedger.Start start) {
            return new Heads(
                    pointers,
                    inForce,
                    Stream.concat(start.publishers().stream(), inForce.stream())
                            .distinct()
                            .toList());
        }

        /** Whether who asks for these gets all that there is to read of the others. */
        boolean cover(Heads others) {
            return publishers.equals(others.publishers())
                    && IntStream.range(0, Identity.PARTITIONS)
                            .allMatch(p -> pointers.get(p) >= others.pointers().get(p));
        }
    }

    /**
     * What has been asked of Redis, and not been waited for.
     *
     * @param heads epochs and publishers that were asked for
     * @param sums by partition and epoch
     * @param tails pointers, and which process' counters have been compared
     * @param server says which process it is
     */
    record Asked(
            Heads heads,
            List<List<RedisFuture<List<KeyValue<byte[], byte[]>>>>> sums,
            RedisFuture<List<KeyValue<byte[], byte[]>>> tails,
            RedisFuture<String> server) {
        List<RedisFuture<?>> all() {
            return Stream.concat(sums.stream().flatMap(List::stream), Stream.of(tails, server))
                    .toList();
        }
    }

    /**
     * Reads the pointers and the catalogue in force; behind them these creators' fields of every epoch above the bound, and behind
     * those the pointers once more. Whatever was guessed, what is answered is what the pointers and the catalogue
     * named that were read before the fields.
     *
     * @throws Unreadable when Redis does not answer, or its pointers can't be those that the ledger was settled from
     */
    List<Partition> read(List<CreatorId> creators, SettledLedger.Start start) throws Unreadable {
        try {
            RedisClusterAsyncCommands<byte[], byte[]> commands = redis.commands();
            RedisFuture<List<KeyValue<byte[], byte[]>>> pointers = commands.mget(POINTERS);
            // By a command of its own: MGET takes a key of another type for none.
            RedisFuture<byte[]> catalog = commands.get(RedisLine.bytes(CounterKeys.CATALOG));
            Asked guessed = ask(commands, guess(start), creators, start.cursors());
            RedisLine.await(Stream.concat(Stream.of(pointers, catalog), guessed.all().stream())
                    .toList());
            Heads heads = heads(pointers, catalog, start);
            last = heads;
            return answers(
                    guessed.heads().cover(heads) ? guessed : again(commands, heads, creators, start), heads, start);
        } catch (RedisUnavailable e) {
            throw new Unreadable("the counters do not answer", "Redis: " + e.getMessage());
        }
    }

    /** What there will be to read, unless an epoch was sealed or a publisher has come since. */
    private Heads guess(SettledLedger.Start start) {
        Heads known = last;
        List<Long> pointers = IntStream.range(0, Identity.PARTITIONS)
                .mapToObj(p -> {
                    long first = start.cursors().epoch(p) + 1;
                    return known != null && known.pointers().get(p) == first + 1 ? first + 1 : first;
                })
                .toList();
        return Heads.of(pointers, known == null ? List.of() : known.inForce(), start);
    }

    private Heads heads(
            RedisFuture<List<KeyValue<byte[], byte[]>>> answer, RedisFuture<byte[]> catalog, SettledLedger.Start start)
            throws Unreadable {
        List<KeyValue<byte[], byte[]>> values = answer.toCompletableFuture().join();
        List<Long> pointers = new ArrayList<>();
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            long pointer = pointer(partition, values.get(partition));
            pointers.add(checked(partition, pointer, start.cursors().epoch(partition)));
        }
        byte[] text = catalog.toCompletableFuture().join();
        return Heads.of(pointers, publishersInForce.of(text == null ? null : RedisLine.text(text)), start);
    }

    private Asked again(
            RedisClusterAsyncCommands<byte[], byte[]> commands,
            Heads heads,
            List<CreatorId> creators,
            SettledLedger.Start start)
            throws RedisUnavailable {
        Asked asked = ask(commands, heads, creators, start.cursors());
        RedisLine.await(asked.all());
        return asked;
    }

    private static byte[][] keys(Stream<String> names) {
        return names.map(RedisLine::bytes).toArray(byte[][]::new);
    }

    private static @Nullable String text(KeyValue<byte[], byte[]> value) {
        return value.hasValue() ? RedisLine.text(value.getValue()) : null;
    }

    /** The pointer answered; 0: there is none. */
    private static long pointer(int partition, KeyValue<byte[], byte[]> answer) throws Unreadable {
        String pointer = text(answer);
        try {
            return pointer == null ? 0 : Long.parseLong(pointer);
        } catch (NumberFormatException e) {
            throw new Unreadable("the pointer of partition %d is no number".formatted(partition));
        }
    }

    private static long checked(int partition, long pointer, long bound) throws Unreadable {
        if (pointer == 0) {
            throw new Unreadable("the counters of partition %d are not open".formatted(partition));
        }
        if (pointer <= bound || pointer - bound > MOST_EPOCHS) {
            throw new Unreadable("the pointer of partition %d is %d, but the ledger has settled epoch %d"
                    .formatted(partition, pointer, bound));
        }
        return pointer;
    }

    /** The seal's mark, then those of each creator, one a publisher. */
    private static byte[][] fieldNames(List<CreatorId> creators, List<String> publishers) {
        Stream<String> earned = creators.stream()
                .flatMap(creator ->
                        publishers.stream().map(publisher -> new EarnField(publisher, creator.id()).encode()));
        return keys(Stream.concat(Stream.of(ControlField.SEALED), earned));
    }

    /**
     * All commands go down one connection, so the last pointers are read behind the sums, from the same process;
     * and whether a worker has compared that process with the ledger. Before that, its counters may be those of an older copy.
     */
    Asked ask(
            RedisClusterAsyncCommands<byte[], byte[]> commands,
            Heads heads,
            List<CreatorId> creators,
            SettledLedger.Cursors settled) {
        byte[][] fields = fieldNames(creators, heads.publishers());
        List<List<RedisFuture<List<KeyValue<byte[], byte[]>>>>> sums = new ArrayList<>();
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            CounterKeys keys = PARTITIONS.get(partition);
            sums.add(LongStream.rangeClosed(
                            settled.epoch(partition) + 1, heads.pointers().get(partition))
                    .mapToObj(epoch -> commands.hmget(RedisLine.bytes(keys.earn(epoch)), fields))
                    .toList());
        }
        return new Asked(heads, sums, commands.mget(TAILS), commands.info("server"));
    }

    /** Of the epochs up to the pointers of these heads, which what was asked for covers. */
    private static List<Partition> answers(Asked asked, Heads heads, SettledLedger.Start start) throws Unreadable {
        List<KeyValue<byte[], byte[]>> after =
                asked.tails().toCompletableFuture().join();
        requireCompared(
                asked.server().toCompletableFuture().join(),
                after.subList(Identity.PARTITIONS, after.size()),
                after.subList(0, Identity.PARTITIONS));
        List<Partition> partitions = new ArrayList<>();
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            long pointer = heads.pointers().get(partition);
            long bound = start.cursors().epoch(partition);
            List<Epoch> epochs = asked.sums().get(partition).stream()
                    .limit(pointer - bound)
                    .map(sum -> epoch(
                            sum.toCompletableFuture().join(), heads.publishers().size()))
                    .toList();
            partitions.add(new Partition(pointer, bound, epochs, pointer(partition, after.get(partition))));
        }
        return partitions;
    }

    /** A partition without a pointer is read again, or refused for that. */
    private static void requireCompared(
            String server, List<KeyValue<byte[], byte[]>> compared, List<KeyValue<byte[], byte[]>> pointers)
            throws Unreadable {
        Matcher process = RUN_ID.matcher(server);
        if (!process.find()) {
            throw new Unreadable("INFO server names no run_id");
        }
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            if (pointers.get(partition).hasValue() && !process.group(1).equals(text(compared.get(partition)))) {
                throw new Unreadable(
                        "the counters of partition %d have not been compared with the ledger since Redis was started"
                                .formatted(partition));
            }
        }
    }

    private static Epoch epoch(List<KeyValue<byte[], byte[]>> fields, int publishers) {
        List<Earned> earned = new ArrayList<>();
        for (int first = 1; first < fields.size(); first += publishers) {
            earned.add(earned(fields.subList(first, first + publishers)));
        }
        return new Epoch(fields.getFirst().hasValue(), List.copyOf(earned));
    }

    private static Earned earned(List<KeyValue<byte[], byte[]>> fields) {
        Micros sum = Micros.ZERO;
        boolean known = false;
        String wrong = null;
        for (KeyValue<byte[], byte[]> field : fields) {
            String text = text(field);
            if (text != null) {
                known = true;
                try {
                    sum = sum.plus(Micros.parse(text));
                } catch (NumberFormatException e) {
                    wrong = text;
                }
            }
        }
        return new Earned(known, sum, wrong);
    }
}
