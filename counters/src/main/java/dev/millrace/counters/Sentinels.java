package dev.millrace.counters;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a sentinel which primary its name stands for. After a failover the sentinels leave the old primary as it is for some ten seconds: it
 * goes on taking writes, which it will lose when it becomes a replica. For one thread.
 */
final class Sentinels {
    private static final Logger log = LoggerFactory.getLogger(Sentinels.class);

    private final RedisClient client;
    private final RedisURI uri;
    private final Duration patience;
    private @Nullable StatefulRedisSentinelConnection<String, String> connection;
    private @Nullable SocketAddress named;

    /**
     * @param uri of the sentinels
     * @param patience longest wait for an answer
     */
    Sentinels(RedisClient client, RedisURI uri, Duration patience) {
        this.client = client;
        this.uri = uri;
        this.patience = patience;
    }

    /** Whether they name another primary than when they were asked before; not where none of them answers. */
    boolean haveSwitched() throws InterruptedException {
        try {
            SocketAddress before = named;
            SocketAddress now = within(open().async()
                    .getMasterAddrByName(uri.getSentinelMasterId())
                    .toCompletableFuture());
            named = now;
            return before != null && !before.equals(now);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            log.debug("no sentinel answers", e);
            close();
            return false;
        }
    }

    private StatefulRedisSentinelConnection<String, String> open() throws Exception {
        StatefulRedisSentinelConnection<String, String> open = connection;
        if (open == null || !open.isOpen()) {
            CompletableFuture<StatefulRedisSentinelConnection<String, String>> connecting =
                    client.connectSentinelAsync(StringCodec.UTF8, uri);
            try {
                open = within(connecting);
            } catch (Exception e) {
                var _ = connecting.thenCompose(
                        StatefulRedisSentinelConnection::closeAsync); // also one that is made too late
                throw e;
            }
            connection = open;
        }
        return open;
    }

    private <T> T within(CompletableFuture<T> answer) throws Exception {
        return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The next sentinel that answers is asked then. */
    private void close() {
        if (connection != null) {
            var _ = connection.closeAsync();
            connection = null;
        }
    }
}
