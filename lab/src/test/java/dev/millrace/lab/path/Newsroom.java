package dev.millrace.lab.path;

import dev.millrace.common.token.EventType;
import dev.millrace.lab.path.Sessionizer.Visit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Readers of a newspaper during some hours. Who visits when is decided first, then the events follow from it, so the visits are known without being found.
 *
 * @param events in the order in which they are sent
 * @param visits what the readers did
 */
record Newsroom(List<Sent> events, List<Visit> visits) {
    private static final int MINUTE = 60;
    private static final int ARTICLES = 12;
    private static final int READ_STEP = 15;
    private static final int MOST_MARKS = 8;

    private static final List<From> FROM = List.of(From.values());

    /** A referrer that tokens have, and its class. */
    private enum From {
        GOOGLE("https://www.google.com/", "search"),
        BING("https://www.bing.com/search?q=a", "search"),
        FACEBOOK("https://m.facebook.com/", "social"),
        MAIL("https://mail.google.com/", "mail"),
        SITE("https://blog.example/post", "referral"),
        UNKNOWN(null, "");

        private final @Nullable String referrer;
        private final String source;

        From(@Nullable String referrer, String source) {
            this.referrer = referrer;
            this.source = source;
        }
    }

    /** How long readers stay away between two visits, and between two pages of one. */
    enum Gaps {
        /** Clearly more than 30 minutes between visits, clearly less within one. */
        CLEAR,
        /** 25 to 36 minutes: what lies above 30 ends a visit. */
        NEAR
    }

    /**
     * An event as a client sends it.
     *
     * @param second Unix time
     * @param node that it goes to, from 0
     * @param key of the event, or null
     * @param referrer that the token has, or null
     * @param source its class; empty for none, and for all but views
     * @param page {@code jti}
     * @param opened when the page was opened, Unix time
     */
    record Sent(
            long second,
            String visitor,
            int node,
            String article,
            EventType type,
            @Nullable String key,
            @Nullable String referrer,
            String source,
            String page,
            long opened) {
        Sessionizer.Event event() {
            return new Sessionizer.Event(visitor, second, article, source);
        }
    }

    /**
     * Readers of a few hours.
     *
     * @param name what their ids and their articles begin with
     * @param begins Unix time
     * @param hours within which their first visits begin, and no visit begins after
     */
    static Newsroom of(RandomGenerator random, String name, int readers, long begins, int hours, int nodes, Gaps gaps) {
        List<Sent> events = new ArrayList<>();
        List<Visit> visits = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            new Reader(random, name, name + "-" + i, nodes, gaps, events, visits).read(begins, begins + hours * 3_600L);
        }
        events.sort(Comparator.comparingLong(Sent::second));
        visits.sort(Comparator.comparingLong(Visit::begins));
        return new Newsroom(events, visits);
    }

    /** The visits' own count, by the definition alone. */
    List<Visit> found() {
        return Sessionizer.visits(events.stream().map(Sent::event).toList());
    }

    /** One reader. Not thread-safe. */
    private static final class Reader {
        private final RandomGenerator random;
        private final String section;
        private final String name;
        private final int nodes;
        private final Gaps gaps;
        private final List<Sent> events;
        private final List<Visit> visits;
        private int pages;

        Reader(
                RandomGenerator random,
                String section,
                String name,
                int nodes,
                Gaps gaps,
                List<Sent> events,
                List<Visit> visits) {
            this.random = random;
            this.section = section;
            this.name = name;
            this.nodes = nodes;
            this.gaps = gaps;
            this.events = events;
            this.visits = visits;
        }

        void read(long begins, long ends) {
            long second = random.nextLong(begins, ends);
            boolean visit = true;
            while (second < ends) {
                From from = FROM.get(random.nextInt(FROM.size()));
                String article = article();
                if (visit) {
                    visits.add(new Visit(name, second, article, from.source));
                }
                long last = page(second, article, from);
                long gap = gap();
                visit = gap > Sessionizer.IDLE_SECONDS;
                second = last + gap;
            }
        }

        private String article() {
            return "/" + section + "/" + random.nextInt(ARTICLES);
        }

        /** A page is opened, read for a while, and sometimes sent twice or loaded again; returns the second of its last event. */
        private long page(long opened, String article, From from) {
            String page = name + "-" + pages++;
            send(new Sent(opened, name, 0, article, EventType.VIEW, null, from.referrer, from.source, page, opened));
            int marks = random.nextInt(MOST_MARKS + 1);
            for (int mark = 1; mark <= marks; mark++) {
                String key = Integer.toString(mark * READ_STEP);
                send(new Sent(
                        opened + (long) mark * READ_STEP,
                        name,
                        0,
                        article,
                        EventType.READ,
                        key,
                        from.referrer,
                        "",
                        page,
                        opened));
            }
            long last = opened + (long) marks * READ_STEP;
            if (random.nextInt(10) == 0) {
                last += random.nextInt(10 * MINUTE, 25 * MINUTE);
                send(new Sent(last, name, 0, article, EventType.VIEW, null, from.referrer, from.source, page, opened));
            }
            return last;
        }

        /** To any node; one event in ten also to another one, as a client does that got no answer. */
        private void send(Sent event) {
            events.add(to(random.nextInt(nodes), event));
            if (random.nextInt(10) == 0) {
                events.add(to(random.nextInt(nodes), event));
            }
        }

        private static Sent to(int node, Sent event) {
            return new Sent(
                    event.second,
                    event.visitor,
                    node,
                    event.article,
                    event.type,
                    event.key,
                    event.referrer,
                    event.source,
                    event.page,
                    event.opened);
        }

        private long gap() {
            if (random.nextInt(3) == 0) {
                return random.nextInt(5, 3 * MINUTE);
            }
            if (gaps == Gaps.NEAR) {
                return random.nextInt(25 * MINUTE, 36 * MINUTE);
            }
            return random.nextBoolean()
                    ? random.nextInt(3 * MINUTE, 30 * MINUTE + 1)
                    : random.nextInt(35 * MINUTE, 240 * MINUTE);
        }
    }
}
