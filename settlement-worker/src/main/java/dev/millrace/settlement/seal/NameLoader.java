package dev.millrace.settlement.seal;

import dev.millrace.books.KnownNames;
import dev.millrace.counters.Link;
import dev.millrace.counters.Names;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Loads the names that publishers with a limit of new ones have paid for from the ledger into Redis: when the limit is set, and after counters were
 * lost. Ingest nodes let such a publisher's names pass until then, and add the new ones from then on.
 */
public final class NameLoader {
    private static final Logger log = LoggerFactory.getLogger(NameLoader.class);

    private final KnownNames known;
    private final RedisConnections redis;

    public NameLoader(JdbcClient jdbc, RedisConnections redis) {
        this.known = new KnownNames(jdbc);
        this.redis = redis;
    }

    /** Loads what is missing, and deletes what nobody asks for any more. */
    public void load() {
        try {
            loadMissing();
        } catch (RedisRefusedException e) {
            log.error("the names that publishers have paid for can't be loaded: {}", e.getMessage());
        }
    }

    private void loadMissing() {
        Set<String> limited = new HashSet<>(known.limited());
        Map<String, List<Partition>> missing = new HashMap<>();
        for (Partition partition : Partition.all()) {
            Link link = redis.required(partition);
            Set<String> loaded = Names.loaded(link, partition);
            loaded.stream()
                    .filter(publisher -> !limited.contains(publisher))
                    .forEach(publisher -> Names.drop(link, partition, publisher));
            limited.stream()
                    .filter(publisher -> !loaded.contains(publisher))
                    .forEach(publisher -> missing.computeIfAbsent(publisher, _ -> new ArrayList<>())
                            .add(partition));
        }
        missing.forEach(this::load);
    }

    private void load(String publisher, List<Partition> partitions) {
        Map<Partition, Set<Names.Name>> names = new HashMap<>();
        partitions.forEach(partition -> names.put(partition, new HashSet<>()));
        known.of(publisher, (creator, article) -> {
            Set<Names.Name> into = names.get(Partition.of(creator));
            if (into != null) {
                into.add(Names.Name.of(creator));
                into.add(Names.Name.of(creator, article));
            }
        });
        names.forEach((partition, all) -> {
            Link link = redis.required(partition);
            Names.add(link, partition, publisher, all);
            Names.complete(link, partition, publisher);
        });
    }
}
