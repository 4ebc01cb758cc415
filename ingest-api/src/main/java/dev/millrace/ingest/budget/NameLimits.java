package dev.millrace.ingest.budget;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.counters.Names;
import dev.millrace.counters.Names.Name;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.ingest.verify.CountersUnavailableException;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.RejectionCode;
import dev.millrace.ingest.verify.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Lets publishers with such a limit pay so many creators, and for so many articles, a day that they have never paid before. Names that this node has
 * seen before cost nothing; the others are asked of Redis, one call a partition. Thread-safe.
 */
public final class NameLimits {
    /** Of the names that are known to be known; some 80 bytes each. */
    private static final int MOST_REMEMBERED = 200_000;

    /** After so long a node reads again the names that other nodes have made known. */
    private static final Duration FRESH = Duration.ofMillis(500);

    private static final long DAY = Duration.ofDays(1).toSeconds();
    private static final char NEITHER = 'X';

    private final RedisConnections redis;
    private final Ticker ticker;
    private final Map<String, Usage> usages = new ConcurrentHashMap<>();
    private final Cache<Key, Boolean> remembered =
            CacheBuilder.newBuilder().maximumSize(MOST_REMEMBERED).build();

    private record Key(String publisher, Name name) {}

    /** New names of one publisher on one day, by partition. Guarded by itself, also while Redis is asked: so a node's requests exceed no limit. */
    private static final class Usage {
        private final long[] creators = new long[Partition.COUNT];
        private final long[] articles = new long[Partition.COUNT];
        private long day;
        private long ticks;

        private void set(Partition partition, long ofDay, long newCreators, long newArticles) {
            if (ofDay != day) {
                day = ofDay;
                Arrays.fill(creators, 0);
                Arrays.fill(articles, 0);
            }
            creators[partition.number()] = newCreators;
            articles[partition.number()] = newArticles;
        }

        private static long room(@Nullable Integer limit, long[] used) {
            return limit == null
                    ? Integer.MAX_VALUE
                    : Math.max(0, limit - Arrays.stream(used).sum());
        }
    }

    public NameLimits(RedisConnections redis, Ticker ticker) {
        this.redis = redis;
        this.ticker = ticker;
    }

    /**
     * Refuses the events that would be beyond a limit. What is filtered pays nobody: it needs no name, and makes none known.
     *
     * @param verdicts changed there
     * @throws CountersUnavailableException where Redis can't be asked
     */
    public void judge(List<Verdict> verdicts, Catalog inForce) {
        Map<String, Map<Partition, Set<Name>>> unknown = new HashMap<>();
        for (Verdict verdict : verdicts) {
            if (verdict instanceof PricedEvent event
                    && event.name().note().isPaid()
                    && inForce.limits(event.name().publisher()).limitsNames()) {
                for (Name name : names(event)) {
                    if (remembered.getIfPresent(new Key(event.name().publisher(), name)) == null) {
                        unknown.computeIfAbsent(event.name().publisher(), _ -> new HashMap<>())
                                .computeIfAbsent(Partition.of(event.name().creator()), _ -> new LinkedHashSet<>())
                                .add(name);
                    }
                }
            }
        }
        if (unknown.isEmpty()) {
            return;
        }
        Map<Key, Character> letters = new HashMap<>();
        try {
            unknown.forEach((publisher, names) -> ask(publisher, inForce.limits(publisher), names, letters));
        } catch (RedisUnavailableException | RedisRefusedException e) {
            throw new CountersUnavailableException(String.valueOf(e.getMessage()));
        }
        for (int i = 0; i < verdicts.size(); i++) {
            if (verdicts.get(i) instanceof PricedEvent event
                    && event.name().note().isPaid()) {
                Outcome refused = refused(event, letters);
                if (refused != null) {
                    verdicts.set(i, refused);
                }
            }
        }
    }

    private static List<Name> names(PricedEvent event) {
        String creator = event.name().creator();
        return List.of(Name.of(creator), Name.of(creator, event.name().article()));
    }

    private static @Nullable Outcome refused(PricedEvent event, Map<Key, Character> letters) {
        String publisher = event.name().publisher();
        for (Name name : names(event)) {
            if (letters.getOrDefault(new Key(publisher, name), 'K') == NEITHER) {
                return Outcome.rejected(
                        RejectionCode.PUBLISHER_CREATORS,
                        "publisher %s has paid as many new %s today as it may"
                                .formatted(publisher, name.creator() ? "creators" : "articles"));
            }
        }
        return null;
    }

    private void ask(String publisher, Limits limits, Map<Partition, Set<Name>> names, Map<Key, Character> letters) {
        Usage usage = usages.computeIfAbsent(publisher, _ -> new Usage());
        synchronized (usage) {
            refresh(usage, publisher);
            new LinkedHashMap<>(names).forEach((partition, all) -> {
                List<Name> asked = new ArrayList<>(all);
                Names.Reply reply = Names.judge(
                        redis.required(partition),
                        partition,
                        publisher,
                        Usage.room(limits.newCreatorsPerDay(), usage.creators),
                        Usage.room(limits.newArticlesPerDay(), usage.articles),
                        asked);
                if (reply instanceof Names.Reply.Judged judged) {
                    usage.set(partition, judged.day(), judged.creators(), judged.articles());
                    for (int i = 0; i < asked.size(); i++) {
                        Key key = new Key(publisher, asked.get(i));
                        letters.put(key, judged.letters().charAt(i));
                        if (judged.letters().charAt(i) != NEITHER) {
                            remembered.put(key, true);
                        }
                    }
                }
            });
        }
    }

    private void refresh(Usage usage, String publisher) {
        long now = ticker.read();
        if (usage.ticks != 0 && now - usage.ticks < FRESH.toNanos()) {
            return;
        }
        long day = redis.requiredSecond() / DAY;
        for (Partition partition : Partition.all()) {
            List<Long> today = Names.today(redis.required(partition), partition, publisher, day);
            usage.set(partition, day, today.get(0), today.get(1));
        }
        usage.ticks = now;
    }
}
