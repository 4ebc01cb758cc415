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

/** The pending side: what Redis has counted and Postgres has not settled. Two round trips, whatever there is to read. */
class PendingCounters {
    /**
     * Most epochs of a partition that are read above the settled one. Settling waits for Postgres together with sealing,
     * so there are one or two; after Postgres was restored, those kept since. More than this is no counter of ours.
     */
    static final long MOST_EPOCHS = 10_000;

    private static final Pattern RUN_ID = Pattern.compile("(?m)^run_id:(\\w+)");

    private static final List<CounterKeys> PARTITIONS =
            IntStream.range(0, Identity.PARTITIONS).mapToObj(CounterKeys::new).toList();

    private final RedisLine redis;
    private final PublishersInForce publishersInForce = new PublishersInForce();

    PendingCounters(RedisLine redis) {
        this.redis = redis;
    }

    /**
     * One epoch of one partition.
     *
     * @param sealed whether the hash says that nothing is added to it any more
     * @param known whether it has a field of the creator's, be it of zero micros
     * @param micros what the creator has earned in it
     */
    record Epoch(boolean sealed, boolean known, Micros micros) {}

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
     * @param publishers the database's and those in force, who may have counted something for the creator
     */
    record Heads(List<Long> pointers, List<String> publishers) {}

    /**
     * Reads the pointers and the catalogue in force; then this creator's fields of every epoch above the bound and, behind
     * them, the pointers once more.
     *
     * @throws Unreadable when Redis does not answer, or its pointers can't be those that the ledger was settled from
     */
    List<Partition> read(CreatorId creator, SettledLedger.Start start) throws Unreadable {
        try {
            RedisClusterAsyncCommands<byte[], byte[]> commands = redis.commands();
            Heads heads = heads(commands, start);
            return sums(commands, heads, start.cursors(), fieldNames(creator, heads.publishers()));
        } catch (RedisUnavailable e) {
            throw new Unreadable("the counters do not answer", "Redis: " + e.getMessage());
        }
    }

    private Heads heads(RedisClusterAsyncCommands<byte[], byte[]> commands, SettledLedger.Start start)
            throws RedisUnavailable, Unreadable {
        List<RedisFuture<byte[]>> answers = new ArrayList<>(askForPointers(commands));
        RedisFuture<byte[]> catalog = commands.get(RedisLine.bytes(CounterKeys.CATALOG));
        answers.add(catalog);
        RedisLine.await(answers);
        List<Long> pointers = new ArrayList<>();
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            long pointer = pointer(partition, answers.get(partition));
            pointers.add(checked(partition, pointer, start.cursors().epoch(partition)));
        }
        byte[] text = catalog.toCompletableFuture().join();
        List<String> inForce = publishersInForce.of(text == null ? null : RedisLine.text(text));
        return new Heads(
                pointers,
                Stream.concat(start.publishers().stream(), inForce.stream())
                        .distinct()
                        .toList());
    }

    private static List<RedisFuture<byte[]>> askForPointers(RedisClusterAsyncCommands<byte[], byte[]> commands) {
        return PARTITIONS.stream()
                .map(keys -> commands.get(RedisLine.bytes(keys.epoch())))
                .toList();
    }

    /** The pointer answered; 0: there is none. */
    private static long pointer(int partition, RedisFuture<byte[]> answer) throws Unreadable {
        byte[] pointer = answer.toCompletableFuture().join();
        try {
            return pointer == null ? 0 : Long.parseLong(RedisLine.text(pointer));
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

    private static byte[][] fieldNames(CreatorId creator, List<String> publishers) {
        byte[][] fields = new byte[publishers.size() + 1][];
        fields[0] = RedisLine.bytes(ControlField.SEALED);
        for (int i = 0; i < publishers.size(); i++) {
            fields[i + 1] = RedisLine.bytes(new EarnField(publishers.get(i), creator.id()).encode());
        }
        return fields;
    }

    /**
     * One round trip. All commands go down one connection, so the last pointers are read behind the sums, from the same process;
     * and whether a worker has compared that process with the ledger. Before that, its counters may be those of an older copy.
     */
    List<Partition> sums(
            RedisClusterAsyncCommands<byte[], byte[]> commands,
            Heads heads,
            SettledLedger.Cursors settled,
            byte[][] fields)
            throws RedisUnavailable, Unreadable {
        List<List<RedisFuture<List<KeyValue<byte[], byte[]>>>>> sums = new ArrayList<>();
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            CounterKeys keys = PARTITIONS.get(partition);
            sums.add(LongStream.rangeClosed(
                            settled.epoch(partition) + 1, heads.pointers().get(partition))
                    .mapToObj(epoch -> commands.hmget(RedisLine.bytes(keys.earn(epoch)), fields))
                    .toList());
        }
        List<RedisFuture<byte[]>> after = askForPointers(commands);
        List<RedisFuture<byte[]>> compared = PARTITIONS.stream()
                .map(keys -> commands.get(RedisLine.bytes(keys.run())))
                .toList();
        RedisFuture<String> server = commands.info("server");
        RedisLine.await(
                Stream.of(sums.stream().flatMap(List::stream), after.stream(), compared.stream(), Stream.of(server))
                        .flatMap(answers -> answers)
                        .toList());
        requireCompared(server, compared, after);
        List<Partition> partitions = new ArrayList<>();
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            List<Epoch> epochs = new ArrayList<>();
            for (var sum : sums.get(partition)) {
                epochs.add(epoch(sum.toCompletableFuture().join()));
            }
            partitions.add(new Partition(
                    heads.pointers().get(partition),
                    settled.epoch(partition),
                    List.copyOf(epochs),
                    pointer(partition, after.get(partition))));
        }
        return partitions;
    }

    /** A partition without a pointer is read again, or refused for that. */
    private static void requireCompared(
            RedisFuture<String> server, List<RedisFuture<byte[]>> compared, List<RedisFuture<byte[]>> pointers)
            throws Unreadable {
        Matcher process = RUN_ID.matcher(server.toCompletableFuture().join());
        if (!process.find()) {
            throw new Unreadable("INFO server names no run_id");
        }
        for (int partition = 0; partition < Identity.PARTITIONS; partition++) {
            byte[] run = compared.get(partition).toCompletableFuture().join();
            boolean isOpen = pointers.get(partition).toCompletableFuture().join() != null;
            if (isOpen && (run == null || !RedisLine.text(run).equals(process.group(1)))) {
                throw new Unreadable(
                        "the counters of partition %d have not been compared with the ledger since Redis was started"
                                .formatted(partition));
            }
        }
    }

    private static Epoch epoch(List<KeyValue<byte[], byte[]>> fields) throws Unreadable {
        Micros sum = Micros.ZERO;
        boolean known = false;
        for (KeyValue<byte[], byte[]> field : fields.subList(1, fields.size())) {
            if (field.hasValue()) {
                known = true;
                sum = sum.plus(micros(RedisLine.text(field.getValue())));
            }
        }
        return new Epoch(fields.getFirst().hasValue(), known, sum);
    }

    private static Micros micros(String text) throws Unreadable {
        try {
            return Micros.parse(text);
        } catch (NumberFormatException e) {
            throw new Unreadable("a counter holds '%s', which is no whole number of micros".formatted(text));
        }
    }
}
