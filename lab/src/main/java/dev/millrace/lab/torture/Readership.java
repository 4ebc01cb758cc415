package dev.millrace.lab.torture;

import dev.millrace.lab.load.Zipf;
import dev.millrace.lab.torture.Oracle.Cell;
import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What readers do: page views of articles, popular ones more often; some read on, scroll, react, come from a search engine, and a few
 * comment. Each event is of its own identity, but for readers who react once more under a new token, and search visits that their views carry already. Robots
 * open some of the pages before their readers, under the same {@code jti}. The first publisher's tokens have no visitor, so that each of its tokens pays for
 * a reaction; those of the others have one. The prices are written down here once more: nothing is asked of the catalogue. Not thread-safe.
 */
final class Readership {
    static final int VIEW = 1_000;
    static final int READ = 200;

    private static final int ARTICLES_A_CREATOR = 20;
    private static final int SCROLL = 100;
    private static final int REACTION = 500;
    private static final int SEARCH = 1_500;
    private static final int WORD = 50;
    private static final int MOST_WORDS = 100;

    /** Tokens are so old when they are used, since a minute's reading takes a minute. */
    private static final Duration AGE = Duration.ofSeconds(90);

    private static final String ROBOT = "Mozilla/5.0 (compatible; torturebot/1.0)";
    private static final String SEARCHED = "https://www.google.com/";
    private static final List<String> TYPES = List.of("view", "read", "scroll", "reaction", "search_visit");
    private static final List<String> REACTIONS = List.of("like", "love", "clap");
    private static final Zipf CREATORS = new Zipf(Cell.CREATORS);
    private static final Zipf ARTICLES = new Zipf(ARTICLES_A_CREATOR);

    private final RandomGenerator random;
    private final List<TokenMint> publishers;
    private final Clock clock;
    private final String prefix;
    private final Deque<Event> waiting = new ArrayDeque<>();
    private long visits;

    /**
     * @param publishers one a publisher, by its number
     * @param prefix of the idempotency keys, different for each readership
     */
    Readership(RandomGenerator random, List<TokenMint> publishers, Clock clock, String prefix) {
        this.random = random;
        this.publishers = publishers;
        this.clock = clock;
        this.prefix = prefix;
    }

    /**
     * An event to send.
     *
     * @param cell who earns from whom
     * @param identities that it counts: two where a view carries its search visit
     * @param units paid units
     * @param micros its worth
     * @param json as it is sent
     * @param again how an event before it has counted the same; empty: none has
     * @param begins whether it is the first of a visitor who is known
     * @param lost what it would pay if it were not a robot's; 0: it is a reader's
     */
    record Event(
            Cell cell, int identities, long units, long micros, String json, String again, boolean begins, long lost) {
        boolean filtered() {
            return lost > 0;
        }
    }

    Event next() {
        while (waiting.isEmpty()) {
            visit();
        }
        return waiting.removeFirst();
    }

    private void visit() {
        int publisher = random.nextInt(Cell.PUBLISHERS);
        Cell cell = Cell.of(CREATORS.draw(random), publisher);
        String article = "/" + cell.creator() + "/" + ARTICLES.draw(random);
        String visit = prefix + visits++;
        boolean search = random.nextInt(15) == 0;
        EventClaims page = EventClaims.of(
                        cell.creator(), article, visit, clock.instant().minus(AGE))
                .with("evt", search ? TYPES : null)
                .with("ref", search ? SEARCHED : null)
                .with("vis", publisher == 0 ? null : "visitor-of-" + visit);
        TokenMint mint = publishers.get(publisher);
        String token = mint.mint(page);
        if (random.nextInt(12) == 0) {
            String robot = mint.mint(page.with("ua", ROBOT));
            filtered(cell, VIEW, json(robot, "view", ""));
            filtered(cell, READ, json(robot, "read", "15"));
        }
        int counts = search ? 2 : 1;
        waiting.add(new Event(
                cell, counts, counts, search ? VIEW + SEARCH : VIEW, json(token, "view", ""), "", publisher != 0, 0));
        if (search) {
            again(cell, json(token, "search_visit", ""), "carried by a view");
        }
        for (int mark = 25; mark <= 100 && random.nextInt(3) > 0; mark += 25) {
            add(cell, 1, SCROLL, json(token, "scroll", Integer.toString(mark)));
        }
        for (int mark = 15; mark <= 60 && random.nextInt(5) > 1; mark += 15) {
            add(cell, 1, READ, json(token, "read", Integer.toString(mark)));
        }
        if (random.nextInt(10) == 0) {
            String key = REACTIONS.get(random.nextInt(REACTIONS.size()));
            add(cell, 1, REACTION, json(token, "reaction", key));
            if (publisher != 0 && random.nextInt(3) == 0) {
                again(cell, json(mint.mint(page.with("jti", visit + "-again")), "reaction", key), "new token");
            }
        }
        if (random.nextInt(20) == 0) {
            int words = 1 + random.nextInt(MOST_WORDS + 20);
            String comment = mint.mint(page.with("evt", List.of("comment")).with("qty", words));
            add(cell, Math.min(words, MOST_WORDS), WORD, json(comment, "comment", ""));
        }
    }

    private void add(Cell cell, int units, long price, String json) {
        waiting.add(new Event(cell, 1, units, units * price, json, "", false, 0));
    }

    private void again(Cell cell, String json, String how) {
        waiting.add(new Event(cell, 0, 0, 0, json, how, false, 0));
    }

    private void filtered(Cell cell, long lost, String json) {
        waiting.add(new Event(cell, 1, 0, 0, json, "", false, lost));
    }

    /** @param key empty: the event has none */
    static String json(String token, String type, String key) {
        String end = key.isEmpty() ? "\"}" : "\",\"key\":\"" + key + "\"}";
        return "{\"token\":\"" + token + "\",\"type\":\"" + type + end;
    }
}
