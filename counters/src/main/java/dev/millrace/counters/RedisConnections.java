package dev.millrace.counters;

import com.google.common.base.Ticker;
import dev.millrace.common.message.OutageLog;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The connections to Redis: one to the node, to the primary that the sentinels name, or to each primary of a cluster. Opens them, looks at
 * each again and again, and replaces each that is gone, no longer answers, or leads to a server that can't be used. Thread-safe.
 *
 * <p>Lettuce's own reconnection is off: it would send commands whose outcome is unknown a second time, to a process that may be another
 * one. Here a lost connection fails its commands in flight, and a new one is looked at (which process? which role? its clock?) before anything
 * is sent through it. Redirections of a cluster aren't followed for the same reason: they are a failure, and the next look learns the new
 * owner.
 */
public final class RedisConnections implements AutoCloseable {
    /** A busy Redis may miss a look; closing fails all that is under way. */
    private static final int MOST_MISSES = 2;

    /** How long a refusal of the server makes it unusable. */
    private static final Duration REFUSED_FOR = Duration.ofSeconds(3);

    /** Calls that are sent at the same time share a write to the socket. */
    private static final NettyCustomizer FLUSH_TOGETHER = new NettyCustomizer() {
        @Override
        public void afterChannelInitialized(Channel channel) {
            channel.pipeline()
                    .addFirst(new FlushConsolidationHandler(
                            FlushConsolidationHandler.DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES, true));
        }
    };

    private final RedisSettings settings;
    private final Ticker ticker;
    private final OutageLog outage;
    private final ClientResources resources;
    private final RedisClient client;
    private final List<RedisURI> seeds;
    private final @Nullable Sentinels sentinels;
    private final Probe probe;

    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("redis-watch").daemon().factory());

    /** A key of each partition, in order, and the catalogue's: what decides where they are in a cluster. */
    private static final List<String> PLACES = Stream.concat(
                    Partition.all().stream().map(Partition::ctl), Stream.of(CatalogStore.TEXT))
            .toList();

    private static final int CATALOG = Partition.COUNT;

    /** By place; empty where no server is known. */
    private volatile @Nullable Link[] byPlace = new @Nullable Link[PLACES.size()];

    /** The links that serve the places, each once; none where a place has no link. */
    private volatile List<Link> primaries = List.of();

    /** By address; only the watch changes it. */
    private Map<String, Link> links = Map.of();

    private final Map<String, Integer> misses = new HashMap<>();
    private volatile boolean cluster;
    private volatile String trouble = "no look at it has ended yet";

    /** When a call was last refused for a reason that is the server's; a look does not show all of them. */
    private volatile long refusedAt;

    /** Whether a look was asked for that has not begun. */
    private final AtomicBoolean lookAsked = new AtomicBoolean();

    public RedisConnections(RedisSettings settings, Ticker ticker) {
        this.settings = settings;
        this.ticker = ticker;
        this.outage = new OutageLog("Redis at %s can't be used".formatted(settings.place()), ticker);
        this.refusedAt = ticker.read() - 2 * REFUSED_FOR.toNanos();
        this.seeds = settings.seeds();
        this.probe = new Probe(settings, ticker, this::refused);
        this.resources =
                ClientResources.builder().nettyCustomizer(FLUSH_TOGETHER).build();
        this.client = RedisClient.create(resources);
        this.sentinels = seeds.getFirst().getSentinels().isEmpty()
                ? null
                : new Sentinels(client, seeds.getFirst(), settings.patience());
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(TimeoutOptions.enabled()) // no command waits for good, also not on a dead connection
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(settings.patience())
                        .keepAlive(true)
                        .tcpNoDelay(true)
                        .build())
                .build());
    }

    /** Looks at once, then again and again after so long a pause. */
    public void watch(Duration pause) {
        var _ = watch.scheduleWithFixedDelay(this::look, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The connection that serves this partition; empty where there is none, or its last look is too old. */
    public Optional<Link> link(Partition partition) {
        return usable(partition.number());
    }

    /** The connection that serves the catalogue; empty as above. */
    public Optional<Link> catalog() {
        return usable(CATALOG);
    }

    private Optional<Link> usable(int place) {
        return Optional.ofNullable(byPlace[place]).filter(this::isUsable);
    }

    private boolean isUsable(Link link) {
        return link.connection().isOpen()
                && link.ageNanos() <= 2 * settings.patience().toNanos();
    }

    /**
     * The same, or a failure that says why there is none.
     *
     * @throws RedisUnavailableException when no connection can be used
     */
    public Link required(Partition partition) {
        return required(link(partition));
    }

    public Link requiredCatalog() {
        return required(catalog());
    }

    private Link required(Optional<Link> link) {
        return link.orElseThrow(this::unavailable);
    }

    private RedisUnavailableException unavailable() {
        return new RedisUnavailableException("Redis: " + trouble());
    }

    /** The connections to all primaries; a single one but in a cluster. Empty where one of the partitions has none. */
    public List<Link> all() {
        List<Link> all = primaries;
        return all.stream().allMatch(this::isUsable) ? all : List.of();
    }

    /** Whether every partition has a connection, and none was refused for the server's sake lately. */
    public boolean isUsable() {
        return !all().isEmpty() && ticker.read() - refusedAt > REFUSED_FOR.toNanos();
    }

    /** Whether calls of several partitions may not share a script. */
    public boolean isCluster() {
        return cluster;
    }

    /**
     * Redis' second now, Unix time: of the nodes the one whose clock is the furthest behind; never ahead of it.
     *
     * @return empty where no connection can be used
     */
    public OptionalLong second() {
        return all().stream().mapToLong(Link::second).min();
    }

    /**
     * The same.
     *
     * @throws RedisUnavailableException where no connection can be used
     */
    public long requiredSecond() {
        return second().orElseThrow(this::unavailable);
    }

    /** Why Redis can't be used, or couldn't when it was last looked at, for people; empty where it can. */
    public String trouble() {
        String last = trouble;
        return last.isEmpty() && all().isEmpty() ? "a connection has ended since the last look" : last;
    }

    /** Where Redis is, without user and password. */
    public String place() {
        return settings.place();
    }

    /** Looks at every server once. A look that fails is followed by another. For the watch, and for callers that can't wait for it. */
    public synchronized void look() {
        lookAsked.set(false);
        try {
            if (sentinels != null && sentinels.haveSwitched()) {
                for (Link link : links.values()) {
                    var _ = link.connection().closeAsync();
                }
            }
            lookAt(owners());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) { // an Error too: it would end the watch for good
            complain(message(e));
        }
    }

    private void lookAt(Map<Integer, String> owners) throws InterruptedException {
        Map<String, Link> seen = new HashMap<>();
        String why = "";
        for (String address : new LinkedHashSet<>(owners.values())) {
            try {
                Link link = links.get(address);
                seen.put(
                        address,
                        observed(link == null || !link.connection().isOpen() ? null : link.connection(), address));
                misses.remove(address);
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                why = "%s: %s".formatted(address, message(e));
                Link before = links.get(address);
                if (before != null
                        && (e instanceof Probe.NotUsableException
                                || misses.merge(address, 1, Integer::sum) >= MOST_MISSES)) {
                    var _ = before.connection().closeAsync();
                } else if (before != null) {
                    seen.put(address, before); // a look that was missed: its last look grows old
                }
            }
        }
        links.forEach((address, link) -> {
            if (!owners.containsValue(address)) {
                var _ = link.connection().closeAsync();
            }
        });
        links = Map.copyOf(seen);
        @Nullable Link[] now = new @Nullable Link[PLACES.size()];
        owners.forEach((place, address) -> now[place] = seen.get(address));
        byPlace = now;
        primaries = Arrays.asList(now).contains(null)
                ? List.of()
                : Arrays.stream(now).distinct().toList();
        if (!why.isEmpty()) {
            complain(why);
        } else if (owners.size() < PLACES.size()) {
            complain("some slots of the cluster have no node");
        } else if (ticker.read() - refusedAt > REFUSED_FOR.toNanos()) {
            trouble = "";
            outage.over();
        }
    }

    /** Which address serves which place, by the first of the known or given nodes that answers. */
    private Map<Integer, String> owners() throws Exception {
        Exception failure = new Probe.NotUsableException("nowhere to ask");
        for (Link link : links.values()) {
            if (link.connection().isOpen()) {
                try {
                    return owners(link.connection(), link.address());
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception e) {
                    failure = e;
                }
            }
        }
        for (RedisURI seed : seeds) {
            try {
                StatefulRedisConnection<byte[], byte[]> connection = connect(seed);
                String address = address(seed);
                Map<Integer, String> owners;
                try {
                    owners = owners(connection, address);
                } catch (Exception e) {
                    var _ = connection.closeAsync();
                    throw e;
                }
                keep(connection, address, owners.containsValue(address));
                return owners;
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                failure = e;
            }
        }
        throw failure;
    }

    /** A connection that was made to ask who serves what serves itself, where it can. */
    private void keep(StatefulRedisConnection<byte[], byte[]> connection, String address, boolean serves) {
        if (serves) {
            Map<String, Link> more = new HashMap<>(links);
            more.put(address, probe.unknown(connection, address));
            links = Map.copyOf(more);
        } else {
            var _ = connection.closeAsync();
        }
    }

    private Map<Integer, String> owners(StatefulRedisConnection<byte[], byte[]> connection, String address)
            throws Exception {
        Optional<Map<Integer, String>> ofCluster = probe.owners(connection, address, PLACES);
        cluster = ofCluster.isPresent();
        return ofCluster.orElseGet(() -> {
            Map<Integer, String> owners = new HashMap<>();
            for (int place = 0; place < PLACES.size(); place++) {
                owners.put(place, address);
            }
            return owners;
        });
    }

    private static String address(RedisURI seed) {
        return seed.getSentinels().isEmpty()
                ? seed.getHost() + ":" + seed.getPort()
                : String.valueOf(seed.getSentinelMasterId());
    }

    private Link observed(@Nullable StatefulRedisConnection<byte[], byte[]> open, String address) throws Exception {
        StatefulRedisConnection<byte[], byte[]> connection = open == null ? connect(uri(address)) : open;
        try {
            return probe.look(connection, address);
        } catch (Exception e) {
            if (open == null) {
                var _ = connection.closeAsync();
            }
            throw e;
        }
    }

    /** The URI of a node: that of the seed where it is one, else the first seed's with another address. */
    private RedisURI uri(String address) {
        for (RedisURI seed : seeds) {
            if (address(seed).equals(address)) {
                return seed;
            }
        }
        int colon = address.lastIndexOf(':');
        return RedisURI.builder(seeds.getFirst())
                .withHost(address.substring(0, colon))
                .withPort(Integer.parseInt(address.substring(colon + 1)))
                .build();
    }

    private StatefulRedisConnection<byte[], byte[]> connect(RedisURI uri) throws Exception {
        CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connecting =
                client.connectAsync(ByteArrayCodec.INSTANCE, uri).toCompletableFuture();
        try {
            return connecting.get(settings.patience().toMillis(), TimeUnit.MILLISECONDS);
        } catch (Exception e) {
            var _ = connecting.thenCompose(StatefulRedisConnection::closeAsync); // also one that is made too late
            throw e;
        }
    }

    /** Redis said that nothing works there: the connection is given up, and the name asked again by the next look. */
    private void refused(Link link, String why) {
        refusedAt = ticker.read();
        complain(why);
        if (Link.leadsAstray(why)) {
            var _ = link.connection().closeAsync();
        }
        if (!watch.isShutdown() && lookAsked.compareAndSet(false, true)) {
            watch.execute(this::look);
        }
    }

    private static String message(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && !(cause instanceof Probe.NotUsableException)) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private void complain(String now) {
        trouble = now;
        outage.failed(now);
    }

    @Override
    public void close() {
        watch.shutdownNow();
        client.shutdown(Duration.ZERO, settings.patience());
        var _ = resources.shutdown(0, settings.patience().toMillis(), TimeUnit.MILLISECONDS);
    }
}
