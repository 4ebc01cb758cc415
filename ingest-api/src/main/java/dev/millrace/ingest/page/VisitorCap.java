package dev.millrace.ingest.page;

import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.Visitors;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how many visitors of pages a network may have in an hour: an address, or an IPv6 /48. Anybody can send page tokens, and the user agent is the
 * sender's choice, so without it one machine could be as many readers as it likes. All nodes share the count. Thread-safe.
 */
public final class VisitorCap {
    private final RedisConnections redis;
    private final PageVisitors visitors;
    private final int most;

    /** @param most visitors of a network in an hour of Redis' clock; 0: any number */
    public VisitorCap(RedisConnections redis, PageVisitors visitors, int most) {
        this.redis = redis;
        this.visitors = visitors;
        this.most = most;
    }

    /**
     * Whether the network may have this visitor in this hour; a new one is counted.
     *
     * @param address of the client; null: a proxy hides it, and all such share one count
     * @param second of Redis' clock, Unix time
     * @throws dev.millrace.counters.RedisUnavailableException when Redis can't be asked
     * @throws dev.millrace.counters.RedisRefusedException when it takes no visitor
     */
    public boolean admits(@Nullable InetAddress address, @Nullable String userAgent, long second) {
        if (most == 0) {
            return true;
        }
        PageVisitors.Reader reader = visitors.reader(address, userAgent, second);
        return Visitors.admit(
                redis.required(Visitors.partition(reader.network())), reader.network(), reader.hash(), most, second);
    }
}
