package dev.millrace.local.testing;

import dev.millrace.local.server.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** A Redis Cluster of a test's own, whose primaries share the slots evenly. Not thread-safe. */
public final class RedisCluster implements AutoCloseable {
    private static final int SLOTS = 16_384;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Of a line of CLUSTER NODES. */
    private static final int ADDRESS = 1;

    private static final int FLAGS = 2;
    private static final int FIRST_SLOTS = 8;

    private final Path home;
    private final Duration nodeTimeout;
    private final List<String> settings;
    private final List<RedisNode> nodes = new ArrayList<>();
    private final List<Integer> buses = new ArrayList<>();

    private RedisCluster(Path home, Duration nodeTimeout, String... settings) {
        this.home = home;
        this.nodeTimeout = nodeTimeout;
        this.settings = List.of(settings);
    }

    /**
     * Starts it and returns when all nodes agree and all replicas follow.
     *
     * @param replicas of each primary
     * @param nodeTimeout after which a node that does not answer counts as gone
     * @param settings beside the usual ones
     */
    public static RedisCluster start(Path home, int primaries, int replicas, Duration nodeTimeout, String... settings) {
        RedisCluster cluster = new RedisCluster(home, nodeTimeout, settings);
        try {
            cluster.startPrimaries(primaries);
            for (int i = 0; i < replicas * primaries; i++) {
                cluster.addReplica(cluster.nodes.get(i % primaries));
            }
            cluster.awaitHealth();
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private void startPrimaries(int primaries) {
        for (int i = 0; i < primaries; i++) {
            RedisNode node = start();
            int first = Math.ceilDiv(i * SLOTS, primaries);
            int last = Math.ceilDiv((i + 1) * SLOTS, primaries) - 1;
            ok(node, "CLUSTER ADDSLOTSRANGE %d %d".formatted(first, last));
            ok(node, "CLUSTER SET-CONFIG-EPOCH " + (i + 1));
            meet(node);
        }
        awaitAgreement();
    }

    private void addReplica(RedisNode primary) {
        RedisNode replica = start();
        meet(replica);
        awaitAgreement();
        patiently().until(() -> replica.ask("CLUSTER REPLICATE " + id(primary)).equals("+OK"));
    }

    private RedisNode start() {
        int bus = Ports.free();
        RedisNode node = RedisNode.start(
                home,
                Stream.concat(
                                Stream.of(
                                        "--cluster-enabled",
                                        "yes",
                                        "--cluster-node-timeout",
                                        Long.toString(nodeTimeout.toMillis()),
                                        "--cluster-port",
                                        Integer.toString(bus)),
                                settings.stream())
                        .toArray(String[]::new));
        nodes.add(node);
        buses.add(bus);
        return node;
    }

    private void meet(RedisNode node) {
        if (nodes.size() > 1) {
            ok(node, "CLUSTER MEET 127.0.0.1 %d %d".formatted(nodes.getFirst().port(), buses.getFirst()));
        }
    }

    private static void ok(RedisNode node, String command) {
        String answer = node.ask(command);
        if (!answer.equals("+OK")) {
            throw new IllegalStateException("%s: %s".formatted(command, answer));
        }
    }

    private void awaitAgreement() {
        patiently()
                .until(() -> nodes.stream().allMatch(node -> {
                    String info = node.texts("CLUSTER INFO").getFirst();
                    return info.contains("cluster_state:ok")
                            && info.contains("cluster_known_nodes:" + nodes.size() + "\r");
                }));
    }

    /** Returns when all nodes agree that all slots are served, and all replicas follow. */
    public void awaitHealth() {
        awaitAgreement();
        patiently().until(() -> nodes.stream().allMatch(node -> node.isPrimary() || node.isInSync()));
    }

    private static ConditionFactory patiently() {
        return Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50));
    }

    /** All of them, in the order in which they were started: first those that were primaries then. */
    public List<RedisNode> nodes() {
        return List.copyOf(nodes);
    }

    /** {@code redis://} and the addresses of all nodes. */
    public String url() {
        return nodes.stream().map(node -> "127.0.0.1:" + node.port()).collect(Collectors.joining(",", "redis://", ""));
    }

    /** The node's name among the others. */
    public static String id(RedisNode node) {
        return node.texts("CLUSTER MYID").getFirst();
    }

    /** The primary that serves a key, as the first of the nodes has it. */
    public RedisNode primaryOf(String key) {
        String slot = nodes.getFirst().ask("CLUSTER KEYSLOT " + key);
        return primaryOf(Integer.parseInt(slot.substring(1)));
    }

    /** The primary that serves a slot, as the first of the nodes has it. */
    public RedisNode primaryOf(int slot) {
        return primaryOf(slot, nodes.getFirst());
    }

    /** The same as this node has it. */
    public RedisNode primaryOf(int slot, RedisNode asked) {
        return asked.texts("CLUSTER NODES")
                .getFirst()
                .lines()
                .map(line -> List.of(line.split(" ")))
                .filter(fields -> fields.get(FLAGS).contains("master") && serves(fields, slot))
                .map(fields -> at(fields.get(ADDRESS)))
                .findFirst()
                .orElseThrow();
    }

    private static boolean serves(List<String> fields, int slot) {
        return fields.stream()
                .skip(FIRST_SLOTS)
                .filter(range -> !range.startsWith("["))
                .anyMatch(range -> {
                    int[] ends = Arrays.stream(range.split("-"))
                            .mapToInt(Integer::parseInt)
                            .toArray();
                    return ends[0] <= slot && slot <= ends[ends.length - 1];
                });
    }

    private RedisNode at(String address) {
        int port = Integer.parseInt(address.substring(address.indexOf(':') + 1, address.indexOf('@')));
        return nodes.stream().filter(node -> node.port() == port).findFirst().orElseThrow();
    }

    /** Begins to move a slot: from now on its keys are here or there. */
    public static void beginMove(int slot, RedisNode source, RedisNode target) {
        ok(target, "CLUSTER SETSLOT %d IMPORTING %s".formatted(slot, id(source)));
        ok(source, "CLUSTER SETSLOT %d MIGRATING %s".formatted(slot, id(target)));
    }

    /** Moves a key. */
    public static void migrate(RedisNode source, RedisNode target, String key) {
        ok(source, "MIGRATE 127.0.0.1 %d %s 0 5000".formatted(target.port(), key));
    }

    /** Ends the move of a slot: all nodes are told its owner. */
    public void endMove(int slot, RedisNode source, RedisNode target) {
        String owner = "CLUSTER SETSLOT %d NODE %s".formatted(slot, id(target));
        ok(target, owner);
        ok(source, owner);
        nodes.stream()
                .filter(node -> node != target && node != source && node.isPrimary())
                .forEach(node -> ok(node, owner));
    }

    @Override
    public void close() {
        nodes.forEach(RedisNode::close);
    }
}
