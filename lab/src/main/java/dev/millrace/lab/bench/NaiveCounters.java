package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What tutorials do: {@code SET NX} with an expiry lets an id count once, {@code INCRBYFLOAT} adds to the creator's counter
 * where it was new, {@code GETSET} takes the counter out. A crash between the first two loses the event for good.
 *
 * <p>All commands of one step go to the socket in one piece.
 */
final class NaiveCounters implements EventCounters {
    private static final SetArgs ONCE = SetArgs.Builder.nx().ex(Duration.ofMinutes(130));
    private static final String SEEN = "seen:";
    private static final String EARNED = "earned:";

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final RedisAsyncCommands<String, String> commands;

    private NaiveCounters(RedisClient client) {
        this.client = client;
        this.connection = client.connect();
        this.commands = connection.async();
        connection.setAutoFlushCommands(false);
    }

    /** @param url of Redis */
    static NaiveCounters connect(String url) {
        return new NaiveCounters(RedisClient.create(url));
    }

    @Override
    public void open(int events) {
        // Keys appear as they are needed.
    }

    @Override
    public CompletionStage<?> count(Clicks lot) {
        List<CompletableFuture<@Nullable String>> marked = new ArrayList<>(lot.size());
        for (String id : lot.ids()) {
            marked.add(commands.set(SEEN + id, "", ONCE).toCompletableFuture());
        }
        return flush(marked).thenCompose(all -> addThoseMarked(lot, marked));
    }

    @Override
    public Map<String, Long> take(List<String> creators) throws ExecutionException, InterruptedException {
        List<CompletableFuture<@Nullable String>> taken = new ArrayList<>(creators.size());
        for (String creator : creators) {
            taken.add(commands.setGet(EARNED + creator, "0").toCompletableFuture());
        }
        flush(taken).get();
        Map<String, Long> micros = new HashMap<>();
        for (int i = 0; i < taken.size(); i++) {
            String value = taken.get(i).get();
            if (value != null && !value.equals("0")) {
                micros.put(creators.get(i), Long.parseLong(value));
            }
        }
        return micros;
    }

    @Override
    public long remembered() throws ExecutionException, InterruptedException {
        CompletableFuture<Long> keys = commands.dbsize().toCompletableFuture();
        flush(List.of(keys)).get();
        return keys.get();
    }

    /** All memory in use but what clients and the append-only file have in buffers, which comes and goes. */
    @Override
    public long bytes() throws ExecutionException, InterruptedException {
        CompletableFuture<String> answer = commands.info("memory").toCompletableFuture();
        flush(List.of(answer)).get();
        Map<String, String> memory = answer.get()
                .lines()
                .filter(line -> line.contains(":"))
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf(':')), line -> line.substring(line.indexOf(':') + 1)));
        return number(memory, "used_memory") - number(memory, "mem_clients_normal") - number(memory, "mem_aof_buffer");
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }

    private CompletableFuture<Void> addThoseMarked(Clicks lot, List<CompletableFuture<@Nullable String>> marked) {
        List<CompletableFuture<Double>> added = new ArrayList<>(lot.size());
        for (int i = 0; i < lot.size(); i++) {
            if (marked.get(i).resultNow() != null) {
                added.add(commands.incrbyfloat(EARNED + lot.creators().get(i), Events.MICROS)
                        .toCompletableFuture());
            }
        }
        return flush(added);
    }

    private static long number(Map<String, String> memory, String field) {
        return Long.parseLong(Objects.requireNonNull(memory.get(field), "INFO memory lacks " + field));
    }

    /** Sends what has been written so far; completes when these are answered. */
    private CompletableFuture<Void> flush(List<? extends CompletableFuture<?>> answers) {
        connection.flushCommands();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }
}
