package dev.millrace.counters;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a service reaches Redis.
 *
 * @param url {@code redis[s]://[user:password@]host:port[,host:port…][/database]}: one node, or some nodes of a cluster, which is found out;
 *     {@code redis-sentinel[s]://[user:password@]host:port[,host:port…][/database]#name}: the primary that the sentinels name
 * @param patience longest wait for an answer to a look; what a look has found holds for twice as long
 * @param timeout longest wait for an answer to any other command
 */
public record RedisSettings(String url, Duration patience, Duration timeout) {
    private static final Pattern SCHEME = Pattern.compile("^rediss?(-sentinel)?://");

    /** Where it is, without all that may be user and password: up to the last {@code @}, as in a URL that is none they may hold anything. */
    public String place() {
        Matcher scheme = SCHEME.matcher(url);
        int at = url.lastIndexOf('@');
        return at < 0 ? url : (scheme.find() ? scheme.group() : "") + url.substring(at + 1);
    }

    @Override
    public String toString() {
        return "RedisSettings[%s]".formatted(place());
    }
}
