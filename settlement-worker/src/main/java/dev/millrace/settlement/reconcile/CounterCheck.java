package dev.millrace.settlement.reconcile;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.read.BrokenPartition;
import dev.millrace.settlement.read.Counted;
import dev.millrace.settlement.read.EpochReader;
import dev.millrace.settlement.read.Rates;
import dev.millrace.settlement.seal.Opening;
import dev.millrace.settlement.seal.Script;
import dev.millrace.settlement.watch.Money;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Looks at what is counted and not settled: pointers against cursors, the running totals against settled and pending, and
 * that every unsettled epoch adds up. As true as the cursors are: the caller looks whether they have stood still.
 */
final class CounterCheck {
    /** Fields of an open epoch that are read at one moment: Redis is held up meanwhile, and all of it has to fit in here. */
    private static final int MOST_OPEN_FIELDS = 50_000;

    private final StringRedisTemplate redis;
    private final EpochReader reader;
    private final Script openEpoch;
    private final Money money;

    CounterCheck(StringRedisTemplate redis, Money money) {
        this.redis = redis;
        this.reader = new EpochReader(redis);
        this.openEpoch = new Script(redis, "open_epoch.lua");
        this.money = money;
    }

    /**
     * What was found.
     *
     * @param money the partitions that can be compared
     * @param pointers of those, the number of the open epoch
     * @param notes what was not looked at, and why
     */
    record Look(Money.Reading money, Map<Integer, Long> pointers, List<Difference> differences, List<String> notes) {}

    /** One look at all partitions, or empty when a pointer moved meanwhile. */
    Optional<Look> look(List<PartitionCursor> cursors, Rates.Known rates, Progress progress) {
        List<Money.Part> parts = new ArrayList<>();
        Look look = new Look(new Money.Reading(parts), new HashMap<>(), new ArrayList<>(), new ArrayList<>());
        for (PartitionCursor cursor : cursors) {
            Optional<Long> pointer = pointer(cursor, look.differences());
            if (pointer.isEmpty()) {
                continue;
            }
            Optional<Money.Part> part = money.part(cursor, pointer.get());
            if (part.isEmpty()) {
                return Optional.empty();
            }
            parts.add(part.get());
            look.pointers().put(cursor.partition(), pointer.get());
            compare(part.get(), look.differences());
            checkEpochs(cursor, pointer.get(), rates, look, progress);
        }
        return Optional.of(new Look(new Money.Reading(parts), look.pointers(), look.differences(), look.notes()));
    }

    private Optional<Long> pointer(PartitionCursor cursor, List<Difference> found) {
        String pointer = redis.opsForValue().get(new CounterKeys(cursor.partition()).epoch());
        if (pointer == null && cursor.opening() == 0) {
            return Optional.empty(); // never opened
        }
        Difference lost = Difference.of("pointer", name(cursor.partition()), "not ahead of what is settled")
                .with("pointer", String.valueOf(pointer))
                .with("settled", cursor.settledEpoch());
        if (pointer == null || !Opening.isAhead(pointer, cursor.settledEpoch())) {
            found.add(lost);
            return Optional.empty();
        }
        if (Money.isFarBehind(cursor, Long.parseLong(pointer))) {
            found.add(Difference.of("pointer", name(cursor.partition()), "so far ahead that its epochs are not read")
                    .with("pointer", pointer)
                    .with("settled", cursor.settledEpoch()));
            return Optional.empty();
        }
        return Optional.of(Long.parseLong(pointer));
    }

    private static void compare(Money.Part part, List<Difference> found) {
        if (part.drift().value() != 0) {
            found.add(Difference.of("counters", name(part.partition()), "counted is not settled + pending")
                    .with("counted", part.counted().value())
                    .with("settled", part.settled().value())
                    .with("pending", part.pending().value())
                    .with("drift", part.drift().value()));
        }
    }

    private void checkEpochs(PartitionCursor cursor, long pointer, Rates.Known rates, Look look, Progress progress) {
        for (long epoch = cursor.settledEpoch() + 1; epoch <= pointer; epoch++) {
            progress.at(epoch - cursor.settledEpoch(), pointer - cursor.settledEpoch(), "epochs of a partition");
            try {
                if (epoch < pointer) {
                    reader.read(cursor.partition(), epoch, rates, () -> {});
                } else {
                    checkOpen(cursor.partition(), epoch, rates, look);
                }
            } catch (BrokenPartition e) {
                look.differences().add(Difference.of("pending", name(cursor.partition()), e.why()));
            } catch (DataAccessException e) {
                look.differences().add(Difference.of("pending", name(cursor.partition()), refusal(epoch, e)));
            }
        }
    }

    private void checkOpen(int partition, long epoch, Rates.Known rates, Look look) throws BrokenPartition {
        CounterKeys names = new CounterKeys(partition);
        List<Object> reply = openEpoch.run(List.of(names.earn(epoch), names.engage(epoch)), MOST_OPEN_FIELDS);
        if (!reply.get(0).equals("read")) {
            look.notes()
                    .add(
                            "%s: its open epoch holds %s fields, too many to read at one moment; it is checked once it is sealed"
                                    .formatted(name(partition), reply.get(1)));
            return;
        }
        try {
            Counted.check(fields(reply.get(1)), fields(reply.get(2)), rates);
        } catch (BrokenPartition e) {
            throw new BrokenPartition("epoch %d: %s".formatted(epoch, e.why()));
        }
    }

    private static Map<String, String> fields(Object reply) {
        List<?> flat = (List<?>) reply;
        Map<String, String> fields = HashMap.newHashMap(flat.size() / 2);
        for (int i = 0; i < flat.size(); i += 2) {
            fields.put(String.valueOf(flat.get(i)), String.valueOf(flat.get(i + 1)));
        }
        return fields;
    }

    /** What Redis says against a command on this epoch; anything else concerns all of them. */
    private static String refusal(long epoch, DataAccessException e) {
        String refused = Unreachable.redisError(e);
        if (refused == null) {
            throw e;
        }
        return "epoch %d: Redis refuses: %s".formatted(epoch, refused);
    }

    /** What a creator has earned and not been paid yet, from any of these publishers. */
    long pending(String creator, List<String> publishers, List<PartitionCursor> cursors, Map<Integer, Long> pointers) {
        long pending = 0;
        List<Object> fields =
                publishers.stream().<Object>map(p -> p + "|" + creator).toList();
        for (PartitionCursor cursor : cursors) {
            Long pointer = pointers.get(cursor.partition());
            for (long epoch = cursor.settledEpoch() + 1; pointer != null && epoch <= pointer; epoch++) {
                List<@Nullable Object> micros =
                        redis.opsForHash().multiGet(new CounterKeys(cursor.partition()).earn(epoch), fields);
                for (Object one : micros) {
                    pending += one == null ? 0 : Long.parseLong(one.toString());
                }
            }
        }
        return pending;
    }

    static String name(int partition) {
        return "partition %02d".formatted(partition);
    }
}
