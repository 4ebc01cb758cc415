package dev.millrace.settlement.reconcile;

import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.settlement.read.Proof;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Lists what was set aside, one epoch after the other. */
final class Quarantine {
    private static final int NAMED = 5;

    private final RedisConnections redis;

    Quarantine(RedisConnections redis) {
        this.redis = redis;
    }

    void list(Map<String, Decision> decisions, Proof proof, Consumer<Quarantined> found) {
        for (QuarantineName name : names()) {
            SetAside.read(name, redis.required(name.partition()))
                    .map(aside -> describe(aside, decisions, proof))
                    .ifPresent(found);
        }
    }

    private static Quarantined describe(SetAside aside, Map<String, Decision> decisions, Proof proof) {
        return new Quarantined(
                aside.name(),
                aside.settledThen(),
                aside.at(),
                aside.readableSum(),
                aside.events(),
                aside.readable().size(),
                aside.first(NAMED),
                aside.whyNotAdopted(proof, decisions.values()),
                Optional.ofNullable(decisions.get(aside.name().earn())));
    }

    /** SCAN may name a key twice, and each epoch has up to three. */
    private SequencedSet<QuarantineName> names() {
        SequencedSet<QuarantineName> names = new TreeSet<>(Comparator.comparingInt(
                        (QuarantineName name) -> name.partition().number())
                .thenComparingLong(QuarantineName::lineage)
                .thenComparingLong(QuarantineName::epoch));
        SequencedSet<Link> links = new LinkedHashSet<>();
        Partition.all().forEach(partition -> links.add(redis.required(partition)));
        for (Link link : links) {
            Keyspace.scan(
                    link,
                    QuarantineName.PATTERN,
                    key -> QuarantineName.ofKey(key).ifPresent(names::add));
        }
        return names;
    }
}
