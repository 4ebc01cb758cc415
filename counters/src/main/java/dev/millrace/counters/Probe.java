package dev.millrace.counters;

import com.google.common.base.Splitter;
import com.google.common.base.Ticker;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.SlotHash;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/** Asks a server for its clock, its process, its role, and in a cluster for the node that serves a key. For one thread. */
final class Probe {
    private static final Pattern KNOWS_WAITAOF = Pattern.compile("7\\.[2-9].*|([89]|[1-9][0-9]).*");

    private final RedisSettings settings;
    private final Ticker ticker;
    private final BiConsumer<Link, String> onTrouble;

    /** @param onTrouble is told when Redis says through a link that nothing works there now */
    Probe(RedisSettings settings, Ticker ticker, BiConsumer<Link, String> onTrouble) {
        this.settings = settings;
        this.ticker = ticker;
        this.onTrouble = onTrouble;
    }

    /** Redis answers, and can't be used. */
    static final class NotUsableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotUsableException(String message) {
            super(message);
        }
    }

    /**
     * A link to the primary at the other end.
     *
     * @throws NotUsableException when it is a replica, or still loads its data
     */
    Link look(StatefulRedisConnection<byte[], byte[]> connection, String address) throws Exception {
        RedisAsyncCommands<byte[], byte[]> redis = connection.async();
        RedisFuture<List<byte[]>> time = redis.time();
        List<RedisFuture<String>> sections =
                List.of(redis.info("server"), redis.info("replication"), redis.info("persistence"));
        List<byte[]> parts = answer(time);
        long ticks = ticker.read();
        long micros = Math.addExact(
                Math.multiplyExact(Long.parseLong(Link.text(parts.get(0))), 1_000_000L),
                Long.parseLong(Link.text(parts.get(1))));
        Map<String, String> info = new HashMap<>();
        for (RedisFuture<String> section : sections) {
            info.putAll(fields(answer(section)));
        }
        if (!field(info, "role").equals("master")) {
            throw new NotUsableException("it is a replica");
        }
        if (field(info, "loading").equals("1")) {
            throw new NotUsableException("it is loading its data");
        }
        String process = field(info, "run_id") + "/" + field(info, "master_replid");
        return new Link(
                connection,
                address,
                process,
                knowsFilesOfReplicas(info, redis),
                micros,
                ticks,
                ticker,
                settings,
                onTrouble);
    }

    /** A link whose server was not looked at: nothing may be sent through it. */
    Link unknown(StatefulRedisConnection<byte[], byte[]> connection, String address) {
        return new Link(
                connection, address, "", false, 0, ticker.read() - Long.MAX_VALUE / 2, ticker, settings, onTrouble);
    }

    /** Whether WAITAOF is of use. Where a server syncs its writes each second, its replicas acknowledge one up to two seconds later: too late to wait for. */
    private boolean knowsFilesOfReplicas(Map<String, String> info, RedisAsyncCommands<byte[], byte[]> redis)
            throws Exception {
        if (!KNOWS_WAITAOF.matcher(field(info, "redis_version")).matches()
                || !field(info, "aof_enabled").equals("1")) {
            return false;
        }
        try {
            return answer(redis.configGet("appendfsync")).containsValue("always");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RedisCommandExecutionException refused
                    && !Link.isOfTheServer(refused.getMessage())) {
                return false; // it does not tell its settings
            }
            throw e;
        }
    }

    /**
     * Which node of a cluster serves which key.
     *
     * @param address of the node that is asked
     * @return addresses by the keys' indexes, none where no node has the slot; empty where it is no cluster
     */
    Optional<Map<Integer, String>> owners(
            StatefulRedisConnection<byte[], byte[]> connection, String address, List<String> keys) throws Exception {
        Map<String, String> info = fields(answer(connection.async().info("server")));
        if (!field(info, "redis_mode").equals("cluster")) {
            return Optional.empty();
        }
        Map<Integer, String> owners = new HashMap<>();
        for (Object range : answer(connection.async().clusterSlots())) {
            List<?> parts = (List<?>) range;
            List<?> primary = (List<?>) parts.get(2);
            Object host = primary.get(0); // none where a node is to be reached as the one that was asked
            String owner = (host == null || Link.text(host).isEmpty()
                            ? address.substring(0, address.lastIndexOf(':'))
                            : Link.text(host))
                    + ":" + primary.get(1);
            for (int i = 0; i < keys.size(); i++) {
                long slot = SlotHash.getSlot(keys.get(i));
                if (slot >= (Long) parts.get(0) && slot <= (Long) parts.get(1)) {
                    owners.put(i, owner);
                }
            }
        }
        return Optional.of(owners);
    }

    private <T> T answer(RedisFuture<T> future) throws Exception {
        return future.get(settings.patience().toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Map<String, String> fields(String info) {
        Map<String, String> fields = new HashMap<>();
        for (String line : Splitter.onPattern("\\R").split(info)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return fields;
    }

    private static String field(Map<String, String> info, String name) {
        String value = info.get(name);
        if (value == null) {
            throw new NotUsableException("INFO names no " + name);
        }
        return value;
    }
}
