package dev.millrace.lab.torture;

import com.google.common.util.concurrent.AtomicLongMap;
import com.google.common.util.concurrent.RateLimiter;
import dev.millrace.lab.load.Zipf;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.torture.Oracle.Cell;
import dev.millrace.lab.torture.Readership.Event;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.publisher.Publishers;
import dev.millrace.local.server.JsonClient;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Everybody who uses the stack from outside: clients that send, readers that ask for live balances, operators. Thread-safe. */
final class Load {
    private static final int CLIENTS = 12;
    private static final int READERS = 4;
    private static final int OPERATORS = 2;
    private static final int PAGE_READERS = 3;
    private static final double EVENTS_PER_SECOND = 7_000;

    /** Acknowledged events after which the services have their code compiled, more or less. */
    private static final long ENOUGH = 20_000;

    private static final Duration WARM_UP = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(40);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LIFETIME = Duration.ofMinutes(5);
    private static final Zipf POPULAR = new Zipf(Cell.CREATORS);

    final Oracle oracle = new Oracle();
    final Post post;
    final Operators operators;

    /** Events that were sent a second time on purpose, by how. */
    final AtomicLongMap<String> sentTwice = AtomicLongMap.create();

    /** Requests for balances by what came of them: {@code read}, or the reason why not. */
    final AtomicLongMap<String> balances = AtomicLongMap.create();

    private final RateLimiter pace = RateLimiter.create(EVENTS_PER_SECOND);
    private final double both;
    private final URI ledger;
    private final BearerMint bearer;
    private final Clock clock;
    private final Deviations deviations;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean stopping;

    private Load(LabSettings settings, Network network, Clock clock, double both, Deviations deviations) {
        this.post = new Post(network.ingestNodes(), deviations);
        this.both = both;
        this.ledger = network.ledger();
        this.bearer = new BearerMint(settings.local().bearerSecret());
        this.clock = clock;
        this.deviations = deviations;
        this.operators = new Operators(ledger, bearer, clock, deviations);
    }

    /** Creates the publishers where they are missing, and lets everybody loose. */
    static Load start(LabSettings settings, Network network, Clock clock, TorturePlan plan, Deviations deviations)
            throws IOException, InterruptedException {
        Load load = new Load(settings, network, clock, plan.both(), deviations);
        List<TokenMint> publishers = publishers(settings, clock);
        SplittableRandom seeds = new SplittableRandom(~plan.seed()); // Another stream than that of the faults.
        for (int i = 0; i < CLIENTS; i++) {
            Readership readership = new Readership(seeds.split(), publishers, clock, i + "-");
            load.repeat(load.new Client(seeds.split(), readership)::sendOne);
        }
        for (int publisher = 0; publisher < Cell.PUBLISHERS; publisher++) {
            load.operators.allowPages(Cell.publisher(publisher), PageReaders.SITE);
        }
        AtomicInteger addresses = new AtomicInteger();
        for (int i = 0; i < PAGE_READERS; i++) {
            PageReaders pages = new PageReaders(seeds.split(), publishers, clock, addresses, load.post, load.oracle);
            if (i == 0) {
                pages.awaitInForce();
            }
            load.repeat(pages::readOne);
        }
        for (int i = 0; i < READERS; i++) {
            RandomGenerator random = seeds.split();
            load.repeat(() -> load.readOne(random));
        }
        for (int i = 0; i < OPERATORS; i++) {
            RandomGenerator random = seeds.split();
            load.repeat(() -> load.operators.actOnce(random));
        }
        return load;
    }

    /** Asks once for each publisher at each ingest node: then all of them know its key. */
    private static List<TokenMint> publishers(LabSettings settings, Clock clock) {
        List<TokenMint> mints = new ArrayList<>();
        for (int publisher = 0; publisher < Cell.PUBLISHERS; publisher++) {
            String name = Cell.publisher(publisher);
            mints.add(settings.instances().stream()
                    .filter(instance -> instance.part() == Part.INGEST)
                    .map(node -> new Publishers(settings.local(node), clock).key(name))
                    .map(key -> TokenMint.forPublisher(key.kid(), key.secret()))
                    .toList()
                    .getFirst());
        }
        return mints;
    }

    /** Returns when the first events are acknowledged, so that faults hit a stack that works. */
    void awaitFirst() throws InterruptedException {
        long deadline = System.nanoTime() + WARM_UP.toNanos();
        while (oracle.acknowledged.events() < ENOUGH && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
    }

    /** Lets each finish its round. What is under way is sent on until it is answered, for so long at most. */
    void stop(Duration patience) throws InterruptedException {
        post.giveUpAfter(patience);
        operators.giveUpAfter(patience);
        stopping = true;
        threads.shutdown();
        if (!threads.awaitTermination(patience.toSeconds() + 15, TimeUnit.SECONDS)) {
            deviations.add("clients and readers", "that they give up in time", "some still wait");
        }
    }

    /** Starts a thread that does the same again and again until it is told to stop. If it throws, that is a deviation. */
    private void repeat(Callable<?> round) {
        threads.execute(() -> {
            try {
                while (!stopping) {
                    var _ = round.call();
                }
            } catch (Exception e) {
                deviations.add("the torture itself", "no failure", e.toString());
            }
        });
    }

    /** Reads the balance of a creator, a popular one every other time, and holds it against what the oracle knows. */
    private boolean readOne(RandomGenerator random) throws InterruptedException {
        String creator = Cell.creator(random.nextBoolean() ? POPULAR.draw(random) : random.nextInt(Cell.CREATORS));
        long least = oracle.leastOf(creator);
        OptionalLong total = balance(creator);
        total.ifPresent(micros -> oracle.judge(creator, least, micros, operators.askedOf(creator), deviations));
        Thread.sleep(PAUSE);
        return total.isPresent();
    }

    /**
     * Micros settled and pending, 0 of a creator that has earned nothing yet, as somebody is told who may see all. No answer is no
     * deviation, a wrong one is; then it is empty.
     */
    OptionalLong balance(String creator) throws InterruptedException {
        String token = bearer.forAdmin("torture", clock.instant(), LIFETIME);
        HttpRequest.Builder request = HttpRequest.newBuilder(ledger.resolve("/v1/creators/" + creator + "/balance"))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + token);
        try {
            JsonClient.Answer answer = JsonClient.send(request);
            JsonNode total = answer.body().at("/total/micros");
            if (answer.status() == 404 || (answer.status() == 200 && total.isNumber())) {
                balances.incrementAndGet("read");
                return OptionalLong.of(answer.status() == 404 ? 0 : total.asLong());
            }
            balances.incrementAndGet(Integer.toString(answer.status()));
            if (answer.status() != 503) {
                deviations.add("answer to a reader", "200, 404 or 503", answer.status() + " " + answer.body());
            }
        } catch (IOException e) {
            balances.incrementAndGet("no answer");
        }
        return OptionalLong.empty();
    }

    /**
     * One sender in a closed loop: a batch, and the next one when that is acknowledged. Two events in three hundred are sent a second
     * time, in the same batch or in the next one. A share of them is sent to the other node at the same moment. Runs in one thread.
     */
    private final class Client {
        private static final int LEAST = 100;
        private static final int MOST = 500;
        private static final int COPIES_IN = 300;

        /** Where fewer events are sent to both nodes, this share of them is, in some batches only. */
        private static final double LEAST_SHARE = 0.1;

        private final RandomGenerator random;
        private final Readership readership;
        private List<Event> again = new ArrayList<>();

        private Client(RandomGenerator random, Readership readership) {
            this.random = random;
            this.readership = readership;
        }

        /** Draws a batch, sends it and returns when there is nothing left to do for it: whether it is acknowledged. */
        private boolean sendOne() throws InterruptedException {
            int size = random.nextInt(LEAST, MOST + 1);
            var _ = pace.acquire(size);
            List<Event> fresh = new ArrayList<>(size);
            List<Event> copies = again;
            again = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                Event event = readership.next();
                if (!event.again().isEmpty()) {
                    copies.add(event);
                    sentTwice.incrementAndGet(event.again());
                } else {
                    fresh.add(event);
                    chooseCopy(event, copies);
                }
            }
            int node = random.nextInt(2);
            oracle.sent.add(fresh);
            Thread twin = sendToBoth(fresh, node + 1);
            boolean acknowledged =
                    post.deliver(Stream.concat(fresh.stream(), copies.stream()).toList(), node);
            (acknowledged ? oracle.acknowledged : oracle.unanswered).add(fresh);
            twin.join();
            return acknowledged;
        }

        private void chooseCopy(Event event, List<Event> copies) {
            switch (random.nextInt(COPIES_IN)) {
                case 0 -> {
                    copies.add(event);
                    sentTwice.incrementAndGet("same batch");
                }
                case 1 -> {
                    again.add(event);
                    sentTwice.incrementAndGet("next batch");
                }
                default -> {}
            }
        }

        /** Sends a share of the events to this node too. The answer counts for nothing here: the events are those of the batch. */
        private Thread sendToBoth(List<Event> fresh, int node) {
            double share = Math.max(both, LEAST_SHARE);
            List<Event> copies =
                    random.nextDouble() * share < both ? fresh.subList(0, (int) (fresh.size() * share)) : List.of();
            sentTwice.addAndGet("both nodes at once", copies.size());
            return Thread.ofVirtual().start(() -> {
                try {
                    var _ = copies.isEmpty() || post.deliver(copies, node);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }
}
