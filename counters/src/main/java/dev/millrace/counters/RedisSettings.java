package dev.millrace.counters;

import com.google.common.base.Splitter;
import dev.millrace.common.message.SettingException;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a service reaches Redis.
 *
 * @param url {@code redis[s]://[user:password@]host:port[,host:port…][/database]}: one node, or some nodes of a cluster, which is found out;
 *     {@code redis-sentinel[s]://[user:password@]host:port[,host:port…][/database]#name}: the primary that the sentinels name
 * @param patience longest wait for an answer to a look; a look's findings hold for twice as long
 * @param timeout longest wait for an answer to any other command
 */
public record RedisSettings(String url, Duration patience, Duration timeout) {
    private static final Pattern SCHEME = Pattern.compile("^rediss?(-sentinel)?://");

    /** User and password hold no character that ends them: the rest would be taken for a host, a port, a name, and be shown. */
    private static final Pattern SENTINELS = Pattern.compile("rediss?-sentinel://(?:[^@/?#]*@)?[^@]+");

    private static final Pattern NODES = Pattern.compile("(rediss?://(?:[^@/?#]*@)?)([^@/?#]+)([^@]*)");

    private static final Pattern HOST = Pattern.compile("(?:[^:\\[\\]]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?");

    /** User and password as a URL holds them (RFC 3986, 3.2.1). */
    private static final Pattern USER_INFO = Pattern.compile("([A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*");

    /** @throws SettingException when the URL is none; the message holds neither user nor password */
    public RedisSettings {
        try {
            var _ = seeds(url);
        } catch (IllegalArgumentException e) {
            throw new SettingException(
                    ("MILLRACE_REDIS_URL (%s, user and password left out) is no URL of Redis: %s; it is redis[s]://[user:password@]host:port[,host:port…],"
                                    + " with special characters of the password percent-encoded, or redis-sentinel://host:port[,host:port…]#name")
                            .formatted(place(url), mistake(url)));
        }
    }

    private static String mistake(String url) {
        Matcher scheme = SCHEME.matcher(url);
        if (!scheme.find()) {
            return "it begins with none of redis://, rediss://, redis-sentinel://";
        }
        int at = url.lastIndexOf('@');
        return at < 0 || USER_INFO.matcher(url.substring(scheme.end(), at)).matches()
                ? "its host, its port or what follows is malformed"
                : "its user or password holds a character that is not percent-encoded";
    }

    private static List<RedisURI> seeds(String url) {
        if (SENTINELS.matcher(url).matches()) {
            return List.of(RedisURI.create(url));
        }
        Matcher parts = NODES.matcher(url);
        if (!parts.matches()) {
            throw new IllegalArgumentException("no redis:// URL");
        }
        List<RedisURI> seeds = new ArrayList<>();
        for (String host : Splitter.on(',').split(parts.group(2))) {
            if (!HOST.matcher(host).matches()) {
                throw new IllegalArgumentException("no host and port");
            }
            seeds.add(RedisURI.create(parts.group(1) + host + parts.group(3)));
        }
        return seeds;
    }

    /** Where to look for Redis first. A connection waits as long as the more patient of the two. */
    List<RedisURI> seeds() {
        List<RedisURI> seeds = seeds(url);
        seeds.forEach(seed -> seed.setTimeout(timeout.compareTo(patience) > 0 ? timeout : patience));
        return seeds;
    }

    /** Where it is, without all that may be user and password. */
    public String place() {
        return place(url);
    }

    /** Up to the last {@code @}, as in a URL that is none they may hold anything. */
    private static String place(String url) {
        Matcher scheme = SCHEME.matcher(url);
        int at = url.lastIndexOf('@');
        return at < 0 ? url : (scheme.find() ? scheme.group() : "") + url.substring(at + 1);
    }

    @Override
    public String toString() {
        return "RedisSettings[%s]".formatted(place());
    }
}
