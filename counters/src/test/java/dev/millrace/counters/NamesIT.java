package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.counters.Names.Name;
import dev.millrace.counters.Names.Reply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code names.lua}. */
class NamesIT extends OnePartition {
    private static final Partition PARTITION = Partition.of(7);

    NamesIT() {
        super(PARTITION);
    }

    private Reply judge(long creators, long articles, Name... names) {
        return Names.judge(partition.link(), PARTITION, "p", creators, articles, List.of(names));
    }

    private Reply judged(long creators, long articles, String letters) {
        return new Reply.Judged(now / 86_400, creators, articles, letters);
    }

    @Test
    void namesAreMadeKnownOnceAsFarAsThereIsRoom() {
        Names.complete(partition.link(), PARTITION, "p");
        assertThat(judge(2, 1, Name.of("a"), Name.of("a", "x"), Name.of("a", "y"), Name.of("b"), Name.of("c")))
                .isEqualTo(judged(2, 1, "NNXNX"));
        assertThat(judge(0, 0, Name.of("a"), Name.of("c"), Name.of("a", "x"), Name.of("b", "x")))
                .isEqualTo(judged(2, 1, "KXKX"));
        assertThat(judge(1, 5, Name.of("c"), Name.of("a", "y"))).isEqualTo(judged(3, 2, "NN"));
        assertThat(Names.today(partition.link(), PARTITION, "p", now / 86_400)).containsExactly(3L, 2L);
        assertThat(Names.today(partition.link(), PARTITION, "p", now / 86_400 + 1))
                .containsExactly(0L, 0L);
        assertThat(redis.plain().ttl(PARTITION.newNames("p"))).isBetween(1L, 259_200L);
    }

    @Test
    void whatTheLedgerKnowsIsKnown() {
        List<Name> many = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            many.add(Name.of("c-" + i));
        }
        assertThat(judge(0, 0, Name.of("c-1"))).isEqualTo(new Reply.Unloaded());
        Names.add(partition.link(), PARTITION, "p", many);
        assertThat(judge(0, 0, Name.of("c-1"))).as("not all of them yet").isEqualTo(new Reply.Unloaded());
        Names.complete(partition.link(), PARTITION, "p");
        assertThat(Names.loaded(partition.link(), PARTITION)).containsExactly("p");
        assertThat(judge(0, 0, Name.of("c-0"), Name.of("c-2499"), Name.of("c-2500")))
                .isEqualTo(judged(0, 0, "KKX"));
        Names.forget(partition.link(), PARTITION);
        assertThat(judge(0, 0, Name.of("c-0"))).isEqualTo(new Reply.Unloaded());
        Names.drop(partition.link(), PARTITION, "p");
        assertThat(redis.plain().exists(PARTITION.names("p"), PARTITION.newNames("p"), PARTITION.named()))
                .isZero();
    }

    @Test
    void aRedisThatIsNotComparedIsNotAsked() {
        redis.plain().hdel(PARTITION.ctl(), Ctl.PROCESS);
        assertThatThrownBy(() -> judge(1, 1, Name.of("a"))).isInstanceOf(RedisUnavailableException.class);
    }

    @Test
    void aCreatorIsNoArticle() {
        Names.complete(partition.link(), PARTITION, "p");
        assertThat(judge(1, 1, Name.of("a|b"), Name.of("a", "b"))).isEqualTo(judged(1, 1, "NN"));
    }
}
