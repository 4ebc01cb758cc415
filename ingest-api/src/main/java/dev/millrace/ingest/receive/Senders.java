package dev.millrace.ingest.receive;

import com.google.common.base.Splitter;
import com.google.common.collect.Lists;
import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import dev.millrace.common.message.SettingException;
import dev.millrace.ingest.filter.AddressRanges;
import dev.millrace.ingest.verify.Sender;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who sent a request. A proxy is believed about its client where its own address is trusted; so is the proxy before it, and so on: the
 * client is the first address from the right that is not trusted. Thread-safe.
 */
final class Senders {
    /** The variable that names the trusted networks. */
    static final String SETTING = "MILLRACE_TRUSTED_PROXIES";

    /** Addresses of one chain of proxies. */
    private static final int MOST_HOPS = 20;

    /** {@code for=} of RFC 7239, an address with or without quotes. */
    private static final Pattern FORWARDED_FOR = Pattern.compile("(?i)(?:^|[;,\\s])for=(?:\"([^\"]*)\"|([^;,\\s]*))");

    private final AddressRanges trusted;

    /**
     * @param trusted networks (192.0.2.0/24) and addresses
     * @throws SettingException naming the first that is neither
     */
    Senders(List<String> trusted) {
        try {
            this.trusted = AddressRanges.parse(trusted.stream().map(String::strip));
        } catch (IllegalArgumentException e) {
            throw new SettingException("%s: %s".formatted(SETTING, e.getMessage()));
        }
    }

    /** The sender of this request. */
    Sender of(HttpServletRequest request) {
        String origin = request.getHeader("Origin");
        boolean browser = origin != null || request.getHeader("Sec-Fetch-Site") != null;
        return new Sender(
                browser,
                request.getHeader("User-Agent"),
                address(request),
                first(request, "Sec-Purpose", "Purpose", "X-Moz"),
                origin != null && !origin.equals("null") ? lower(origin) : originOf(request.getHeader("Referer")));
    }

    private static @Nullable String first(HttpServletRequest request, String... names) {
        return Stream.of(names)
                .map(request::getHeader)
                .filter(value -> value != null)
                .findFirst()
                .orElse(null);
    }

    private static String lower(String origin) {
        return origin.toLowerCase(Locale.ROOT);
    }

    /** Scheme, host and port of an address. */
    static @Nullable String originOf(@Nullable String address) {
        if (address == null) {
            return null;
        }
        try {
            URI uri = new URI(address);
            return uri.getScheme() == null || uri.getHost() == null
                    ? null
                    : lower(uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()));
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private @Nullable InetAddress address(HttpServletRequest request) {
        InetAddress address = parse(request.getRemoteAddr()).orElse(null);
        for (String hop : Lists.reverse(hops(request))) {
            if (address == null || !trusted.have(address)) {
                return address;
            }
            address = parse(hop).orElse(null);
        }
        return address;
    }

    /** As the proxies wrote them, the client first. */
    private static List<String> hops(HttpServletRequest request) {
        List<String> hops = new ArrayList<>();
        for (String line : Collections.list(request.getHeaders("X-Forwarded-For"))) {
            Splitter.on(',').trimResults().split(line).forEach(hops::add);
        }
        if (hops.isEmpty()) {
            for (String line : Collections.list(request.getHeaders("Forwarded"))) {
                Matcher found = FORWARDED_FOR.matcher(line);
                while (found.find()) {
                    hops.add(found.group(1) == null ? found.group(2) : found.group(1));
                }
            }
        }
        return hops.subList(Math.max(0, hops.size() - MOST_HOPS), hops.size());
    }

    /** An address with or without a port; none where a proxy hides it. */
    private static Optional<InetAddress> parse(@Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        try {
            String host = InetAddresses.isInetAddress(text)
                    ? text
                    : HostAndPort.fromString(text).getHost();
            return InetAddresses.isInetAddress(host) ? Optional.of(InetAddresses.forString(host)) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
