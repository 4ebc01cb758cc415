package dev.millrace.lab.torture;

import com.google.common.util.concurrent.RateLimiter;
import dev.millrace.common.token.Kid;
import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.publisher.Publishers;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Everybody who uses the stack from outside: clients that send, readers that look. Thread-safe. */
final class Load {
    private static final int CLIENTS = 12;
    private static final int READERS = 4;
    private static final double EVENTS_PER_SECOND = 7_000;

    /** Acknowledged events after which the services have their code compiled, more or less. */
    private static final long ENOUGH = 20_000;

    private static final Duration WARM_UP = Duration.ofSeconds(60);

    private final Oracle oracle = new Oracle();
    private final Tallies twice = new Tallies();
    private final Deviations deviations;
    private final Post post;
    private final BalanceReader reader;
    private final Crowd clients;
    private final Crowd readers;

    private Load(LabSettings settings, Network network, Clock clock, TorturePlan plan, Deviations deviations) {
        this.deviations = deviations;
        this.post = new Post(
                network.ingestNodes().stream()
                        .map(node -> node.resolve("/v1/events"))
                        .toList(),
                deviations);
        List<TokenMint> publishers = publishers(settings, clock);
        SplittableRandom seeds = new SplittableRandom(~plan.seed()); // Another stream than that of the faults.
        RateLimiter pace = RateLimiter.create(EVENTS_PER_SECOND);
        List<Crowd.Work> sending = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Readership readership = new Readership(seeds.split(), publishers, clock, i + "-");
            sending.add(new Client(seeds.split(), readership, oracle, post, pace, twice, plan.both())::sendOne);
        }
        this.reader = new BalanceReader(
                network.ledger(), new BearerMint(settings.local().bearerSecret()), clock, deviations);
        List<Crowd.Work> looking = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            RandomGenerator random = seeds.split();
            looking.add(() -> reader.readOne(random, oracle));
        }
        this.clients = new Crowd(sending, deviations);
        this.readers = new Crowd(looking, deviations);
    }

    /** Creates the publishers where they are missing, and lets everybody loose. */
    static Load start(LabSettings settings, Network network, Clock clock, TorturePlan plan, Deviations deviations) {
        return new Load(settings, network, clock, plan, deviations);
    }

    Oracle oracle() {
        return oracle;
    }

    Post post() {
        return post;
    }

    /** Events that were sent a second time on purpose, by how. */
    Tallies twice() {
        return twice;
    }

    /** Readers' requests, by what came of them. */
    Tallies balances() {
        return reader.answers();
    }

    /** Returns when the first events are acknowledged, so that faults hit a stack that works. */
    void awaitFirst() throws InterruptedException {
        long deadline = System.nanoTime() + WARM_UP.toNanos();
        while (oracle.acknowledgedEvents() < ENOUGH && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
    }

    /** Nothing new is sent; what is under way is sent on until it is answered, for so long at most. */
    void stop(Duration patience) throws InterruptedException {
        post.giveUpAfter(patience);
        if (!clients.stop(patience.plusSeconds(15))) {
            deviations.add("clients", "that they give up in time", "some still wait");
        }
        if (!readers.stop(Duration.ofSeconds(15))) {
            deviations.add("readers", "that they end in time", "some still wait");
        }
    }

    /** Asks once for each publisher at each ingest node: then all of them know its key. */
    private static List<TokenMint> publishers(LabSettings settings, Clock clock) {
        List<TokenMint> mints = new ArrayList<>();
        for (int publisher = 0; publisher < Cell.PUBLISHERS; publisher++) {
            String name = Cell.publisherName(publisher);
            List<Publishers.SigningKey> keys = settings.instances().stream()
                    .filter(instance -> instance.part() == Part.INGEST)
                    .map(node -> new Publishers(through(settings, node), clock).key(name))
                    .toList();
            Kid kid = keys.getFirst().kid();
            mints.add(TokenMint.forPublisher(kid, keys.getFirst().secret()));
        }
        return mints;
    }

    /** The settings of the command line, with this one as its ingest node. */
    private static LocalSettings through(LabSettings settings, Instance node) {
        Map<String, String> variables = new HashMap<>(settings.variables());
        variables.put(Part.INGEST.variable(), Integer.toString(settings.port(node)));
        return LocalSettings.from(variables, settings.local().root());
    }
}
