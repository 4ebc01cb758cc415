package dev.millrace.ingest.budget;

import com.google.common.base.Ticker;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.Spent;
import dev.millrace.ingest.budget.BudgetAccount.Fit;
import dev.millrace.ingest.catalog.CatalogFollower;
import dev.millrace.ingest.verify.CountersUnavailableException;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.RejectionCode;
import dev.millrace.ingest.verify.Verdict;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets events of publishers with a budget pass while it lasts. Looks at what they have spent again and again, and at once where an answer depends on
 * it. Nothing is asked of Redis while no publisher has a budget. Thread-safe.
 *
 * <p>Nodes know of each other's counts by looks alone. So what is counted beyond a budget is at most what the other nodes count during one look, and a
 * single node counts nothing beyond it.
 */
public final class Budgets implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Budgets.class);

    private final RedisConnections redis;
    private final CatalogFollower catalog;
    private final Ticker ticker;
    private final Duration patience;
    private final BudgetMeters meters;
    private final Map<String, BudgetAccount> accounts = new ConcurrentHashMap<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("budget-follower").daemon().factory());

    /** The first epoch above the worker's note, by partition, as far as is known. Only the following thread uses it. */
    private final long[] first = new long[Partition.COUNT];

    /** The look that begins next. Guarded by this. */
    private Look next = new Look();

    /** Publishers to look at, and those who wait for it. */
    private static final class Look {
        private final Set<String> publishers = new HashSet<>();
        private final CompletableFuture<Void> done = new CompletableFuture<>();
    }

    /** @param patience longest wait for Redis; what a look has found holds for twice as long */
    public Budgets(
            RedisConnections redis, CatalogFollower catalog, Ticker ticker, Duration patience, MeterRegistry registry) {
        this.redis = redis;
        this.catalog = catalog;
        this.ticker = ticker;
        this.patience = patience;
        this.meters = new BudgetMeters(registry);
    }

    /** Looks at once, then again and again after so long a pause. */
    public void follow(Duration pause) {
        var _ = thread.scheduleWithFixedDelay(this::round, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void round() {
        try {
            catalog.inForce().ifPresent(this::take);
            if (!accounts.isEmpty()) {
                var _ = ask(accounts.keySet());
            }
        } catch (Throwable e) { // an Error too: it would end the following
            log.error("what publishers have spent can't be followed, trying again", e);
        }
    }

    private void take(Catalog inForce) {
        Map<String, Limits> limited = new HashMap<>();
        inForce.publishers().forEach((id, publisher) -> {
            if (publisher.limits().hasBudget()) {
                limited.put(id, publisher.limits());
            }
        });
        accounts.keySet().retainAll(limited.keySet());
        limited.forEach(this::account);
        meters.show(accounts, limited);
    }

    private BudgetAccount account(String publisher, Limits limits) {
        BudgetAccount account = accounts.computeIfAbsent(publisher, _ -> new BudgetAccount(limits));
        account.limit(limits);
        return account;
    }

    /** Asks for a look that begins after this call. */
    private synchronized CompletableFuture<Void> ask(Set<String> publishers) {
        if (next.publishers.isEmpty() && !thread.isShutdown()) {
            thread.execute(this::look);
        }
        next.publishers.addAll(publishers);
        return next.done;
    }

    private synchronized Look begun() {
        Look begun = next;
        next = new Look();
        return begun;
    }

    /** One look. The following thread waits for it, so that there is one at a time. */
    private void look() {
        Look look = begun();
        try {
            look(List.copyOf(look.publishers));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            log.error("a look at what publishers have spent failed", e);
        } finally {
            look.done.complete(null);
        }
    }

    private void look(List<String> publishers) throws InterruptedException {
        long ticks = ticker.read();
        Map<String, long[]> counted = new HashMap<>();
        publishers.forEach(publisher -> {
            BudgetAccount account = accounts.get(publisher);
            if (account != null) {
                counted.put(publisher, account.begin());
            }
        });
        List<String> asked = List.copyOf(counted.keySet());
        List<CompletableFuture<Spent.Reply>> replies =
                Partition.all().stream().map(partition -> ask(partition, asked)).toList();
        for (Partition partition : Partition.all()) {
            long left = ticks + patience.toNanos() - ticker.read();
            Spent.Reply reply = answer(replies.get(partition.number()), left);
            take(partition, reply, asked, counted, ticks);
        }
    }

    private CompletableFuture<Spent.Reply> ask(Partition partition, List<String> publishers) {
        Link link = redis.link(partition).orElse(null);
        return link == null
                ? CompletableFuture.completedFuture(new Spent.Reply.Unknown("Redis: " + redis.trouble()))
                : Spent.read(link, partition, first[partition.number()], publishers);
    }

    private Spent.Reply answer(CompletableFuture<Spent.Reply> reply, long nanos) throws InterruptedException {
        try {
            return reply.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.debug("what publishers have spent can't be read", e);
            return new Spent.Reply.Unknown("Redis does not answer");
        }
    }

    private void take(
            Partition partition, Spent.Reply reply, List<String> asked, Map<String, long[]> counted, long ticks) {
        if (reply instanceof Spent.Reply.Read read) {
            first[partition.number()] = read.first();
        }
        for (int i = 0; i < asked.size(); i++) {
            BudgetAccount account = accounts.get(asked.get(i));
            if (account == null) {
                continue;
            }
            switch (reply) {
                case Spent.Reply.Read(long _, long day, List<Spent.Sum> sums) ->
                    account.looked(
                            partition,
                            counted.getOrDefault(asked.get(i), new long[Partition.COUNT])[partition.number()],
                            day,
                            sums.get(i),
                            ticks);
                case Spent.Reply.Unknown _ -> account.lost(partition);
            }
        }
    }

    /** The prices that a request has reserved. For one thread. */
    public final class Reserved {
        private final List<Verdict> verdicts;
        private final Map<Integer, PricedEvent> events = new LinkedHashMap<>();

        private Reserved(List<Verdict> verdicts) {
            this.verdicts = verdicts;
        }

        /** The verdicts; events that do not fit are refused. */
        public List<Verdict> verdicts() {
            return verdicts;
        }

        /** The outcomes are known: what is not counted is given back. */
        public void concluded(List<Outcome> outcomes) {
            events.forEach((place, event) -> end(event, outcomes.get(place).status() == Outcome.Status.ACCEPTED));
        }

        /** It is not known what of it is counted: it holds as counted until the next look. */
        public void failed() {
            events.values().forEach(event -> end(event, true));
        }

        private void giveBack() {
            events.values().forEach(event -> end(event, false));
            events.clear();
        }

        private void end(PricedEvent event, boolean counts) {
            BudgetAccount account = accounts.get(event.name().publisher());
            if (account != null && counts) {
                account.counted(partition(event), event.micros());
            } else if (account != null) {
                account.giveBack(event.micros());
            }
        }

        private Fit reserve(int place, PricedEvent event, BudgetAccount account) {
            Fit fit = account.reserve(
                    partition(event),
                    event.micros(),
                    ticker.read() - patience.multipliedBy(2).toNanos());
            switch (fit) {
                case FITS -> events.put(place, event);
                case OVER -> verdicts.set(place, overBudget(event));
                case UNSURE, UNKNOWN -> {}
            }
            return fit;
        }
    }

    /**
     * Reserves the prices of a request's events. Waits for a look where it depends on one.
     *
     * @param verdicts changed where an event does not fit
     * @throws CountersUnavailableException where it is not known what a publisher has spent
     */
    public Reserved reserve(List<Verdict> verdicts, Catalog inForce) {
        Reserved reserved = new Reserved(verdicts);
        List<Integer> open = new ArrayList<>();
        Set<String> publishers = new HashSet<>();
        for (int i = 0; i < verdicts.size(); i++) {
            if (verdicts.get(i) instanceof PricedEvent event) {
                String publisher = event.name().publisher();
                Limits limits = inForce.limits(publisher);
                if (limits.hasBudget()) {
                    BudgetAccount account = account(publisher, limits);
                    Fit fit = reserved.reserve(i, event, account);
                    if (fit == Fit.UNSURE || fit == Fit.UNKNOWN) {
                        open.add(i);
                        publishers.add(publisher);
                    } else if (fit == Fit.FITS && account.isHot()) {
                        var _ = ask(Set.of(publisher));
                    }
                }
            }
        }
        if (!open.isEmpty()) {
            await(ask(publishers));
            open.forEach(place -> decide(reserved, place));
        }
        return reserved;
    }

    private void decide(Reserved reserved, int place) {
        PricedEvent event = (PricedEvent) reserved.verdicts().get(place);
        BudgetAccount account = accounts.get(event.name().publisher());
        Fit fit = account == null ? Fit.UNKNOWN : reserved.reserve(place, event, account);
        if (fit == Fit.UNSURE) {
            reserved.verdicts().set(place, overBudget(event));
        } else if (fit == Fit.UNKNOWN) {
            reserved.giveBack();
            throw new CountersUnavailableException(
                    "it is not known what publisher %s has spent of its budget; settlement-worker notes it"
                            .formatted(event.name().publisher()));
        }
    }

    private void await(CompletableFuture<Void> look) {
        try {
            look.get(patience.multipliedBy(2).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            log.debug("a look at what publishers have spent takes too long", e);
        }
    }

    private static Outcome overBudget(PricedEvent event) {
        return Outcome.rejected(
                RejectionCode.PUBLISHER_OVER_BUDGET,
                "publisher %s has spent its budget".formatted(event.name().publisher()));
    }

    private static Partition partition(PricedEvent event) {
        return Partition.of(event.name().creator());
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
