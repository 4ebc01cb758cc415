package dev.millrace.ingest.referrer;

import com.google.common.net.InternetDomainName;
import dev.millrace.common.token.Source;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says from what kind of place a reader came. It looks at hosts, at some paths, and at the parameters that advertisers and
 * social networks add to a link; it never asks the network. Thread-safe, keeps nothing of what it sees, and takes less than a
 * microsecond for most addresses.
 *
 * <p>A referrer is a stranger's text. {@link Source#SEARCH} therefore means that the address is a search engine's, not that a
 * reader was there.
 */
public final class Referrers {
    private final Places places;

    private Referrers(Places places) {
        this.places = places;
    }

    /** By the built-in lists. */
    public static Referrers builtIn() {
        return new Referrers(Places.builtIn());
    }

    /** {@link #classify(String, String, Collection)} of a page whose own address and site are not known. */
    public Optional<Source> classify(@Nullable String referrer) {
        return classify(referrer, null, List.of());
    }

    /** {@link #classify(String, String, Collection)} where the landing page's host is the whole of the site. */
    public Optional<Source> classify(@Nullable String referrer, @Nullable String landing) {
        return classify(referrer, landing, List.of());
    }

    /**
     * The class of a page view's referrer.
     *
     * @param referrer an address; blank says that there was none, null that nothing is known of it
     * @param landing address of the page that the reader came to, or null
     * @param sites origins of the publisher, {@code https://news.example}; a text that is none is passed over
     * @return empty when nothing is known of the referrer, also when it is neither blank nor an address of http, https or an Android app
     */
    public Optional<Source> classify(@Nullable String referrer, @Nullable String landing, Collection<String> sites) {
        if (referrer == null) {
            return Optional.empty();
        }
        String stripped = referrer.strip();
        Address page = landing == null ? null : Address.parse(landing.strip());
        if (stripped.isEmpty()) {
            return Optional.of(unlessMarked(Source.DIRECT, page));
        }
        Address from = Address.parse(stripped);
        return from == null ? Optional.empty() : Optional.of(source(from, page, sites));
    }

    private Source source(Address from, @Nullable Address page, Collection<String> sites) {
        if (!from.app() && isInternal(from.host(), page, sites)) {
            return Source.INTERNAL;
        }
        Source listed = places.at(from);
        if (listed == null) {
            return Source.REFERRAL;
        }
        return listed == Source.SEARCH ? unlessMarked(unlessMarked(Source.SEARCH, from), page) : listed;
    }

    /** What a click left in an address says more than the search engine, or the lack of a referrer. */
    private Source unlessMarked(Source otherwise, @Nullable Address address) {
        Source marked = address == null || address.query().isEmpty()
                ? null
                : places.marks().in(address.query());
        return marked == null ? otherwise : marked;
    }

    private static boolean isInternal(String host, @Nullable Address page, Collection<String> sites) {
        if (page != null && isOfSameSite(host, page.host())) {
            return true;
        }
        for (String site : sites) {
            Address address = Address.parse(site);
            if (address != null && isOfSameSite(host, address.host())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOfSameSite(String host, String site) {
        return host.equals(site) || (lastTwoLabels(host).equals(lastTwoLabels(site)) && shareOwner(host, site));
    }

    /** Hosts of one registrable domain have them in common. Most others do not, and need no look at the list of public suffixes. */
    private static String lastTwoLabels(String host) {
        return host.substring(host.lastIndexOf('.', host.lastIndexOf('.') - 1) + 1);
    }

    /** Under one name that somebody registered: two blogs below {@code github.io}, a public suffix, are two sites. */
    private static boolean shareOwner(String host, String site) {
        if (!InternetDomainName.isValid(site)) {
            return false;
        }
        InternetDomainName name = InternetDomainName.from(site);
        if (!name.isUnderPublicSuffix()) {
            return false;
        }
        String owned = name.topPrivateDomain().toString();
        return host.equals(owned) || host.endsWith("." + owned);
    }
}
