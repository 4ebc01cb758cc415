package dev.millrace.ingest.filter;

import dev.millrace.common.token.Filter;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Judges whether a visit is a reader's. The first rule that applies gives the reason, in the order in which {@link #judge} asks them: the
 * signs that leave no doubt come first, the list of networks and the pace of the visitor last. Thread-safe.
 */
public final class Filters {
    private final UserAgents userAgents;
    private final VisitorPaces paces;
    private final Datacenters datacenters;
    private final boolean notes;

    public Filters(Datacenters datacenters) {
        this(new UserAgents(), new VisitorPaces(), datacenters, true);
    }

    private Filters(UserAgents userAgents, VisitorPaces paces, Datacenters datacenters, boolean notes) {
        this.userAgents = userAgents;
        this.paces = paces;
        this.datacenters = datacenters;
        this.notes = notes;
    }

    /** The same, but for the visits of dry runs: they are judged by the paces of all visits, and add to none. */
    public Filters withoutNotes() {
        return new Filters(userAgents, paces, datacenters, false);
    }

    /**
     * Why this visit is no reader's, or empty where it may be one's.
     *
     * @param second of Redis' clock, Unix time
     */
    public Optional<Filter> judge(Visit visit, long second) {
        if (applies(Filter.SELF, visit) && visit.creator().equals(visit.visitor())) {
            return Optional.of(Filter.SELF);
        }
        Optional<Filter> sign = visit.browser() ? ofBrowser(visit) : Optional.empty();
        sign = sign.isPresent() ? sign : ofUserAgent(visit).filter(visit.filters()::contains);
        if (sign.isPresent()) {
            return sign;
        }
        if (applies(Filter.DATACENTER, visit) && visit.address() != null && datacenters.have(visit.address())) {
            return Optional.of(Filter.DATACENTER);
        }
        return applies(Filter.RATE, visit) && isTooFast(visit, second) ? Optional.of(Filter.RATE) : Optional.empty();
    }

    /** The list of robots that is in use, {@code uap-java 1.6.1}. */
    public String version() {
        return userAgents.version();
    }

    private boolean isTooFast(Visit visit, long second) {
        return notes ? paces.isTooFast(visit, second) : paces.wouldBeTooFast(visit, second);
    }

    private static boolean applies(Filter filter, Visit visit) {
        return visit.filters().contains(filter);
    }

    /** What only a browser tells of itself: its header of purpose, and the page's script. */
    private static Optional<Filter> ofBrowser(Visit visit) {
        Optional<Filter> purpose = purpose(visit.purpose()).filter(visit.filters()::contains);
        return purpose.isEmpty() && visit.webdriver() && applies(Filter.AUTOMATION, visit)
                ? Optional.of(Filter.AUTOMATION)
                : purpose;
    }

    /**
     * The purpose of a request. Chrome says {@code prefetch;prerender}, and {@code prefetch;prerender;preview} for a link's preview; Safari
     * {@code preview}; old Firefox {@code prefetch}.
     */
    private static Optional<Filter> purpose(@Nullable String header) {
        if (header == null) {
            return Optional.empty();
        }
        String purpose = header.toLowerCase(Locale.ROOT);
        if (purpose.contains("preview")) {
            return Optional.of(Filter.PREVIEW);
        }
        return purpose.contains("prefetch") || purpose.contains("prerender")
                ? Optional.of(Filter.PREFETCH)
                : Optional.empty();
    }

    /** A browser without a user agent is a robot: all browsers send one. A server's event without the claim is not judged. */
    private Optional<Filter> ofUserAgent(Visit visit) {
        String userAgent = visit.userAgent();
        if (userAgent != null && !userAgent.isBlank()) {
            return userAgents.kind(userAgent);
        }
        return visit.browser() ? Optional.of(Filter.ROBOT) : Optional.empty();
    }
}
