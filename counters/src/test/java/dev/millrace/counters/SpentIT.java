package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.Spent.Reply;
import dev.millrace.counters.Spent.Sum;
import dev.millrace.counters.TestNode.Event;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What publishers have spent: the sums of {@code tally.lua}, {@code spent.lua} and {@code note.lua}. */
class SpentIT extends OnePartition {
    private static final Partition PARTITION = Partition.of(6);
    private static final long DAY = Duration.ofDays(1).toSeconds();

    SpentIT() {
        super(PARTITION);
    }

    private Reply read(long first, String... publishers) {
        return partition.link().await(Spent.read(partition.link(), PARTITION, first, List.of(publishers)));
    }

    private boolean note(long lineage, long epoch, Map<String, Long> micros) {
        return Spent.note(partition.link(), PARTITION, lineage, epoch, micros);
    }

    private void seal(long settled) {
        new Sealing(TestPartition.SPANS).seal(partition.link(), PARTITION, settled, 1, redis.second());
    }

    private long today() {
        return now / DAY;
    }

    private Reply known(long first, Sum... sums) {
        return new Reply.Read(first, today(), List.of(sums));
    }

    private void add(TallySection section, long identity, String publisher, String creator, long micros) {
        EngagementName name = new EngagementName(publisher, creator, "a", EventType.VIEW, 1);
        section.add(identity, name, 1, micros, now, now + 7_200, now - 60);
    }

    @Test
    void eachPublishersMicrosOfTheDayAreCounted() {
        TallySection section = new TallySection(PARTITION, Retention.SHORT, 1);
        add(section, 1, "p", "alice", 1_000);
        add(section, 2, "q", "alice", 20);
        add(section, 3, "p", "bob", 3);
        add(section, 4, "free", "bob", 0);
        node.send(List.of(section));
        assertThat(partition.spent(1)).isEqualTo(Map.of("$" + today() + "|p", "1003", "$" + today() + "|q", "20"));
        assertThat(redis.plain().hget(PARTITION.earn(1), "#day")).isEqualTo(Long.toString(today()));
    }

    @Test
    void whatIsTakenBackIsNotSpent() {
        new TestNode(partition).send(Event.of(1, "alice", 1_000, now));
        TallySection section = new TallySection(PARTITION, Retention.SHORT, 1);
        add(section, 1, "pub-1", "alice", 1_000);
        add(section, 2, "q", "alice", 20);
        add(section, 3, "pub-1", "alice", 500);
        section.add(4, new EngagementName("q", "bob", "a", EventType.VIEW, 1), 1, 7, now - 100, now - 1, now - 160);
        TallyReply.Counted reply =
                (TallyReply.Counted) node.send(List.of(section)).sections().getFirst();
        assertThat(reply.verdicts()).isEqualTo("DAAX");
        assertThat(partition.spent(1)).isEqualTo(Map.of("$" + today() + "|pub-1", "1500", "$" + today() + "|q", "20"));
    }

    @Test
    void aNewDayHasSumsOfItsOwnAndTheEpochKeepsItsFirst() {
        note(1, 0, Map.of());
        node.send(Event.of(1, "alice", 1_000, now));
        partition.set(Ctl.CLOCK, now);
        TestNode tomorrow = new TestNode(partition, script(DAY));
        tomorrow.at(Retention.SHORT, node.position(Retention.SHORT));
        tomorrow.send(Event.of(2, "alice", 30, now + DAY));
        assertThat(partition.spent(1))
                .isEqualTo(Map.of("$" + today() + "|pub-1", "1000", "$" + (today() + 1) + "|pub-1", "30"));
        assertThat(redis.plain().hget(PARTITION.earn(1), "#day")).isEqualTo(Long.toString(today()));
        assertThat(read(1, "pub-1")).isEqualTo(new Reply.Read(1, today() + 1, List.of(new Sum(30, 1_030))));
    }

    /** The script for a Redis whose clock is so far ahead. */
    private static TallyScript script(long ahead) {
        String text;
        try (InputStream in = Objects.requireNonNull(SpentIT.class.getResourceAsStream("tally.lua"))) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String clock = "local says = tonumber(time[1])";
        assertThat(text).contains(clock);
        byte[] moved = text.replace(clock, clock + " + " + ahead).getBytes(StandardCharsets.UTF_8);
        return new TallyScript(new Script(moved), TestNode.KEY, Duration.ofDays(3), 0, Duration.ZERO);
    }

    @Test
    void asManyPublishersAsASectionHasEventsAreCounted() {
        TallySection section = new TallySection(PARTITION, Retention.SHORT, 1);
        for (int i = 0; i < TallySection.MOST_EVENTS; i++) {
            add(section, i, "p-" + i, "c-" + i, i);
        }
        for (int round = 0; round < 2; round++) {
            TallySection again = new TallySection(PARTITION, Retention.SHORT, 1);
            for (int i = 0; i < TallySection.MOST_EVENTS; i++) {
                add(again, i + 10_000L * (round + 1), "p-" + i, "c-" + i, i);
            }
            node.send(List.of(again));
        }
        node.send(List.of(section));
        assertThat(partition.spent(1))
                .hasSize(TallySection.MOST_EVENTS - 1)
                .containsEntry("$" + today() + "|p-1", "3")
                .containsEntry("$" + today() + "|p-4095", Integer.toString(3 * 4_095));
    }

    @Test
    void settledAndUnsettledAreSummed() {
        assertThat(read(1, "pub-1")).isInstanceOf(Reply.Unknown.class);
        assertThat(note(1, 0, Map.of())).isTrue();
        assertThat(read(1, "pub-1", "other")).isEqualTo(known(1, new Sum(0, 0), new Sum(0, 0)));
        node.send(Event.of(1, "alice", 1_000, now));
        seal(0);
        node.in(1, 2)
                .at(
                        Retention.SHORT,
                        new LogPosition(1, partition.log(Retention.SHORT).getFirst(), 1));
        node.send(Event.of(2, "alice", 200, now));
        assertThat(read(1, "other", "pub-1")).isEqualTo(known(1, new Sum(0, 0), new Sum(1_200, 1_200)));
        String yesterday = "pub-1|" + (today() - 1);
        assertThat(note(1, 1, Map.of("pub-1", 11_000L, "pub-1|" + today(), 1_000L, yesterday, 9L)))
                .isTrue();
        assertThat(read(1, "pub-1")).as("found by itself").isEqualTo(known(2, new Sum(1_200, 11_200)));
        assertThat(read(2, "pub-1")).isEqualTo(known(2, new Sum(1_200, 11_200)));
        assertThat(read(2)).isEqualTo(known(2));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 40})
    void manyEpochsAreReadInASecondStep(int epochs) {
        note(1, 0, Map.of("pub-1", 7L));
        node.send(Event.of(1, "alice", 1_000, now));
        for (int settled = 0; settled < epochs; settled++) {
            seal(settled);
        }
        assertThat(read(1, "pub-1")).isEqualTo(known(1, new Sum(1_000, 1_007)));
    }

    @Test
    void thousandsOfPublishersAreReadAtOnce() {
        node.send(Event.of(1, "alice", 1_000, now));
        note(1, 0, Map.of("p-6999", 5L));
        String[] publishers = new String[7_000];
        for (int i = 0; i < publishers.length; i++) {
            publishers[i] = "p-" + i;
        }
        publishers[6_500] = "pub-1";
        Reply.Read reply = (Reply.Read) read(1, publishers);
        assertThat(reply.sums().get(6_500)).isEqualTo(new Sum(1_000, 1_000));
        assertThat(reply.sums().get(6_999)).isEqualTo(new Sum(0, 5));
        assertThat(reply.sums().stream().mapToLong(Sum::total).sum()).isEqualTo(1_005);
    }

    @Test
    void aNoteThatDoesNotMeetTheEpochsIsNone() {
        note(1, 0, Map.of());
        seal(0);
        seal(1);
        assertThat(read(1, "p")).isInstanceOf(Reply.Read.class);
        redis.plain().del(PARTITION.earn(1));
        assertThat(read(1, "p")).as("an epoch above it is gone").isInstanceOf(Reply.Unknown.class);
        note(1, 1, Map.of());
        assertThat(read(1, "p")).isInstanceOf(Reply.Read.class);
        partition.set(Ctl.OPENED, 9);
        assertThat(read(2, "p")).as("opened since").isInstanceOf(Reply.Unknown.class);
        partition.set(Ctl.OPENED, 1);
        partition.set(Ctl.EPOCH, 1);
        assertThat(read(2, "p")).as("the pointer is behind it").isInstanceOf(Reply.Unknown.class);
        redis.plain().hdel(PARTITION.ctl(), Ctl.PROCESS);
        assertThat(read(2, "p")).isEqualTo(new Reply.Unknown("this Redis has not been compared with the ledger yet"));
        redis.plain().hdel(PARTITION.ctl(), Ctl.EPOCH);
        assertThat(read(2, "p")).isEqualTo(new Reply.Unknown("no epoch is open"));
    }

    @Test
    void aWorkerThatSleptNotesNothing() {
        seal(0);
        seal(1);
        assertThat(note(1, 2, Map.of("p", 3L))).isTrue();
        Map<String, String> before = partition.everything();
        assertThat(note(1, 1, Map.of("p", 1L))).as("older").isFalse();
        assertThat(note(2, 2, Map.of("p", 1L))).as("another lineage").isFalse();
        assertThat(note(1, 3, Map.of("p", 1L))).as("beyond the pointer").isFalse();
        assertThat(partition.everything()).isEqualTo(before);
        assertThat(note(1, 2, Map.of("q", 4L))).isTrue();
        assertThat(redis.plain().hgetall(PARTITION.spent())).isEqualTo(Map.of("#epoch", "2", "#opened", "1", "q", "4"));
        redis.plain().del(PARTITION.spent());
        redis.plain().set(PARTITION.spent(), "no hash");
        assertThat(note(1, 2, Map.of())).isTrue();
    }

    @Test
    void anOpeningMakesTheNoteVoid() {
        note(1, 0, Map.of("p", 3L));
        Opening.open(partition.link(), PARTITION, partition.plan("1", "1", 1, 2, 0, List.of(1L)));
        partition.confirm();
        assertThat(read(1, "p")).isInstanceOf(Reply.Unknown.class);
        assertThat(PartitionState.read(partition.link(), PARTITION, 1).noted()).isEqualTo(-1);
        assertThat(note(2, 0, Map.of("p", 4L))).isTrue();
        assertThat(read(1, "p")).isEqualTo(known(1, new Sum(0, 4)));
        assertThat(PartitionState.read(partition.link(), PARTITION, 1).noted()).isZero();
    }

    @Test
    void notingWorksWithFullMemory() {
        redis.plain().configSet("maxmemory", "1");
        try {
            assertThat(note(1, 0, Map.of("p", 4L))).isTrue();
        } finally {
            redis.plain().configSet("maxmemory", "0");
        }
    }
}
