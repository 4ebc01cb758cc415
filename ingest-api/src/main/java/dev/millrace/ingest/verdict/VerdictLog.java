package dev.millrace.ingest.verdict;

import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.LastVerdict;
import dev.millrace.ingest.filter.ClientNetwork;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.ingest.verify.Verdict;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what became of the events at this node: how many of a publisher met each verdict in each hour, the last verdicts under each key, and why
 * duplicates are duplicates. Events whose token names no key of the catalogue are nobody's. So the catalogue bounds what is remembered. Thread-safe.
 *
 * <p>A token whose signature does not hold counts for the key that it names: mostly that publisher has mixed up its secrets. Anybody can send such
 * tokens, so they have a few places of their own among the last verdicts.
 */
public final class VerdictLog {
    private final Map<String, PublisherVerdicts> publishers = new ConcurrentHashMap<>();
    private final RecentlyCounted recently = new RecentlyCounted();

    /** So that no hash of an address tells the address. */
    private final int seed = new SecureRandom().nextInt();

    /**
     * The events of a request have their outcomes.
     *
     * @param verified what was found out of them before they were counted
     * @param outcomes one an event, in their order
     * @param second of Redis' clock
     */
    public void concluded(
            List<Event> events, EventVerifier.Verified verified, List<Outcome> outcomes, Sender sender, long second) {
        int address = address(sender);
        int from = 0;
        while (from < events.size()) {
            Kid kid = verified.kids().get(from);
            int to = from + 1;
            while (to < events.size()
                    && kid != null
                    && kid.equals(verified.kids().get(to))) {
                to++;
            }
            if (kid != null) {
                concluded(kid, from, to, events, verified.verdicts(), outcomes, address, second);
            }
            from = to;
        }
    }

    /** Events of one key in a row: one lock for all. */
    private void concluded(
            Kid kid,
            int from,
            int to,
            List<Event> events,
            List<Verdict> verdicts,
            List<Outcome> outcomes,
            int address,
            long second) {
        PublisherVerdicts publisher = of(kid);
        synchronized (publisher) {
            KeyVerdicts key = publisher.key(kid);
            long[] counts = publisher.counts(second);
            for (int i = from; i < to; i++) {
                PricedEvent priced = verdicts.get(i) instanceof PricedEvent event ? event : null;
                Outcome outcome = outcomes.get(i);
                int verdict = VerdictNames.number(outcome);
                counts[verdict]++;
                key.add(type(events.get(i), priced), verdict, second);
                if (priced != null) {
                    tellCause(key, priced, outcome, address, second);
                }
            }
        }
    }

    private void tellCause(KeyVerdicts key, PricedEvent event, Outcome outcome, int address, long second) {
        int article = event.name().article().hashCode();
        if (outcome.status() == Outcome.Status.ACCEPTED) {
            recently.put(event.identity(), article, address);
        } else if (outcome.status() == Outcome.Status.DUPLICATE) {
            key.duplicate(recently.cause(event.identity(), article, address), article, second);
        }
    }

    /**
     * A page token was not exchanged. That is no event, so no hour counts it.
     *
     * @param kid that it names, where the catalogue has it
     * @param second of Redis' clock
     */
    public void exchangeRefused(@Nullable Kid kid, Outcome outcome, long second) {
        if (kid != null) {
            PublisherVerdicts publisher = of(kid);
            synchronized (publisher) {
                publisher.key(kid).add(LastVerdict.PAGE, VerdictNames.number(outcome), second);
            }
        }
    }

    PublisherVerdicts of(Kid kid) {
        return publishers.computeIfAbsent(kid.publisher(), PublisherVerdicts::new);
    }

    Collection<PublisherVerdicts> all() {
        return publishers.values();
    }

    /** One of Millrace's: the sender's own text could be anything. */
    private static String type(Event event, @Nullable PricedEvent priced) {
        if (priced != null) {
            return priced.name().type().wireName();
        }
        String type = event.type();
        return type != null && EventType.named(type).isPresent() ? type : LastVerdict.UNKNOWN;
    }

    /** A hash of a browser's network; 0 where it is not a browser's or not known. */
    private int address(Sender sender) {
        InetAddress address = sender.browser() ? sender.address() : null;
        if (address == null) {
            return 0;
        }
        int hash = seed ^ Long.hashCode(ClientNetwork.number(address));
        return hash == 0 ? 1 : hash;
    }
}
