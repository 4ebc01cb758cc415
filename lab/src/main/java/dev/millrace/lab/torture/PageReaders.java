package dev.millrace.lab.torture;

import dev.millrace.lab.load.Zipf;
import dev.millrace.lab.torture.Oracle.Cell;
import dev.millrace.lab.torture.Readership.Event;
import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * Browsers that read pages with page tokens. Each has an address of its own, exchanges the page's token and sends the events of one visit, some of them to
 * both nodes. Not thread-safe, but for the addresses.
 */
final class PageReaders {
    static final String SITE = "https://news.example";

    private static final String FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    private static final Duration MONTH = Duration.ofDays(30);
    private static final Duration AGE = Duration.ofMinutes(1);
    private static final Zipf CREATORS = new Zipf(Cell.CREATORS);

    private final RandomGenerator random;
    private final List<TokenMint> publishers;
    private final Clock clock;
    private final AtomicInteger addresses;
    private final Post post;
    private final Oracle oracle;

    /** @param addresses the last one that was given to a reader, as a number below 2^24 */
    PageReaders(
            RandomGenerator random,
            List<TokenMint> publishers,
            Clock clock,
            AtomicInteger addresses,
            Post post,
            Oracle oracle) {
        this.random = random;
        this.publishers = publishers;
        this.clock = clock;
        this.addresses = addresses;
        this.post = post;
        this.oracle = oracle;
    }

    /** Returns when every node takes the page tokens of every publisher. */
    void awaitInForce() throws IOException, InterruptedException {
        for (int publisher = 0; publisher < Cell.PUBLISHERS; publisher++) {
            post.awaitExchange(page(Cell.of(0, publisher), publisher), browser());
        }
    }

    /** Another one, with an address of its own. */
    private Map<String, String> browser() {
        int address = addresses.incrementAndGet();
        String ip = "10.%d.%d.%d".formatted(address >> 16 & 255, address >> 8 & 255, address & 255);
        return Map.of("Origin", SITE, "User-Agent", FIREFOX, "X-Forwarded-For", ip);
    }

    private String page(Cell cell, int publisher) {
        return publishers
                .get(publisher)
                .mint(new EventClaims(Map.of())
                        .with("sub", cell.creator())
                        .with("art", "/" + cell.creator() + "/0")
                        .with("pag", true)
                        .validFor(MONTH, clock.instant().minus(AGE)));
    }

    /** Reads one page; whether it is acknowledged. */
    boolean readOne() throws InterruptedException {
        int publisher = random.nextInt(Cell.PUBLISHERS);
        Cell cell = Cell.of(CREATORS.draw(random), publisher);
        Map<String, String> headers = browser();
        String token = post.exchange(page(cell, publisher), headers, random.nextInt(2));
        if (token.isEmpty()) {
            return false;
        }
        List<Event> events = new ArrayList<>();
        events.add(new Event(cell, 1, 1, Readership.VIEW, Readership.json(token, "view", ""), "", true, 0));
        for (int mark = 15; mark <= 45 && random.nextBoolean(); mark += 15) {
            String read = Readership.json(token, "read", Integer.toString(mark));
            events.add(new Event(cell, 1, 1, Readership.READ, read, "", false, 0));
        }
        oracle.sent.add(events);
        boolean acknowledged = post.deliver(events, headers, random.nextInt(2));
        (acknowledged ? oracle.acknowledged : oracle.unanswered).add(events);
        if (acknowledged && random.nextInt(4) == 0) {
            var _ = post.deliver(events, headers, random.nextInt(2));
        }
        return acknowledged;
    }
}
