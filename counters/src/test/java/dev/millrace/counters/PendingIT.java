package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.counters.TestNode.Event;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code pending.lua} and {@code totals.lua}. */
class PendingIT extends OnePartition {
    private static final Partition PARTITION = Partition.of(11);

    PendingIT() {
        super(PARTITION);
    }

    private Pending.Reply read(long from, int most, String... creators) {
        return partition.link().await(Pending.read(partition.link(), PARTITION, from, most, List.of(creators)));
    }

    private static Pending.Epoch epoch(boolean sealed, @Nullable String... micros) {
        return new Pending.Epoch(sealed, Arrays.asList(micros));
    }

    private void seal(long settled) {
        new Sealing(TestPartition.SPANS).seal(partition.link(), PARTITION, settled, 1, redis.second());
    }

    @Test
    void whatIsNotSettledIsReadOfEachEpoch() {
        node.send(Event.of(1, "alice", 1_000, now), Event.of(2, "bob", 5, now));
        seal(0);
        node.in(1, 2).send(Event.of(3, "alice", 200, now));
        assertThat(read(1, 10, "alice", "bob", "eve"))
                .isEqualTo(new Pending.Reply.Read(
                        2, 1, List.of(epoch(true, "1000", "5", null), epoch(false, "200", null, null))));
        assertThat(read(2, 10, "alice")).isEqualTo(new Pending.Reply.Read(2, 1, List.of(epoch(false, "200"))));
        assertThat(read(2, 10)).isEqualTo(new Pending.Reply.Read(2, 1, List.of(epoch(false))));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 5, 6, 40})
    void manyEpochsAreReadInASecondStep(int epochs) {
        for (int settled = 0; settled < epochs - 1; settled++) {
            seal(settled);
        }
        redis.plain().hset(PARTITION.earn(epochs), "alice", "7");
        Pending.Reply.Read reply = (Pending.Reply.Read) read(1, 50, "alice");
        assertThat(reply.pointer()).isEqualTo(epochs);
        assertThat(reply.epochs()).hasSize(epochs);
        assertThat(reply.epochs().getLast()).isEqualTo(epoch(false, "7"));
        assertThat(reply.epochs().subList(0, epochs - 1)).allMatch(Pending.Epoch::sealed);
        assertThat(read(1, epochs, "alice")).isEqualTo(reply);
        if (epochs > 1) {
            assertThat(read(1, epochs - 1, "alice")).isEqualTo(new Pending.Reply.Beyond(Integer.toString(epochs), 1));
        }
    }

    @Test
    void aPointerBehindTheFirstIsBeyond() {
        assertThat(read(2, 10, "alice")).isEqualTo(new Pending.Reply.Beyond("1", 1));
        partition.set(Ctl.EPOCH, "x");
        assertThat(read(1, 10, "alice")).isEqualTo(new Pending.Reply.Beyond("x", 1));
    }

    @Test
    void inAProcessThatWasNotComparedNothingIsRead() {
        partition.set(Ctl.PROCESS, "another/one");
        assertThat(read(1, 10, "alice")).isEqualTo(new Pending.Reply.Unconfirmed());
        redis.plain().hdel(PARTITION.ctl(), Ctl.PROCESS);
        assertThat(read(1, 10, "alice")).isEqualTo(new Pending.Reply.Unconfirmed());
    }

    @Test
    void whereNoEpochIsOpenNothingIsPending() {
        redis.plain().del(PARTITION.ctl());
        assertThat(read(1, 10, "alice")).isEqualTo(new Pending.Reply.Closed());
    }

    @Test
    void earningsOfAnotherTypeAreRefused() {
        redis.plain().set(PARTITION.earn(1), "x");
        assertThatThrownBy(() -> read(1, 10, "alice")).isInstanceOf(RedisRefusedException.class);
    }

    /** A page of followers is one reading; a number of creators that Lua can't take would be an error. */
    @Test
    void thousandsOfCreatorsAreReadAtOnce() {
        String[] creators = LongStream.range(0, 5_000).mapToObj(i -> "c-" + i).toArray(String[]::new);
        node.send(Event.of(1, "c-4999", 3, now));
        Pending.Reply.Read reply = (Pending.Reply.Read) read(1, 10, creators);
        assertThat(reply.epochs().getFirst().micros()).hasSize(5_000).endsWith("3");
    }

    @Test
    void totalsAreOfOneMoment() {
        node.send(Event.of(1, "alice", 1_000, now), Event.of(2, "bob", 5, now));
        seal(0);
        node.in(1, 2).send(Event.of(3, "alice", 200, now));
        assertThat(Totals.read(partition.link(), PARTITION, 1, 3))
                .isEqualTo(new Totals("2", "1205", "3", 1, List.of("1005", "200", "0")));
        redis.plain().del(PARTITION.ctl());
        assertThat(Totals.read(partition.link(), PARTITION, 2, 2))
                .isEqualTo(new Totals("", "0", "0", 0, List.of("200")));
    }
}
