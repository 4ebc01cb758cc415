package dev.millrace.ingest.receive;

import com.google.common.base.Splitter;
import com.google.common.collect.Lists;
import com.google.common.net.HostAndPort;
import dev.millrace.common.message.SettingException;
import dev.millrace.ingest.filter.AddressRanges;
import dev.millrace.ingest.verify.Sender;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out who sent a request. A proxy is believed about its client where its own address is trusted; so is the proxy before it, and so on: the
 * client is the first address from the right that is not trusted. Thread-safe.
 */
final class Senders {
    /** The variable that names the trusted networks. */
    static final String SETTING = "MILLRACE_TRUSTED_PROXIES";

    /** Addresses of one chain of proxies. */
    private static final int MOST_HOPS = 20;

    /** A pair of RFC 7239, its value with or without quotes. */
    private static final Pattern PAIR =
            Pattern.compile("\\G\\s*([^=;\\s\"]+)=(?:\"([^\"]*)\"|([^;\\s\"]*))\\s*(?:;|$)");

    /** Scheme and authority of an address without the user and password, and what ends them. A backslash ends them for some readers alone. */
    private static final Pattern ORIGIN =
            Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*://)(?:[^@/?#\\\\\\s]*@)?([^@/?#\\\\\\s]+)(?=[/?#]|$)");

    private static final Logger log = LoggerFactory.getLogger(Senders.class);

    private final AddressRanges trusted;
    private final AtomicBoolean warned = new AtomicBoolean();

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

    /** Scheme, host and port of an address. Browsers leave many characters behind them as they are, so nothing behind them is judged. */
    static @Nullable String originOf(@Nullable String address) {
        Matcher origin = ORIGIN.matcher(address == null ? "" : address);
        return origin.lookingAt() ? lower(origin.group(1) + origin.group(2)) : null;
    }

    private @Nullable InetAddress address(HttpServletRequest request) {
        InetAddress address = parse(request.getRemoteAddr()).orElse(null);
        List<String> hops = hops(request);
        if (!hops.isEmpty() && address != null && isPrivate(address) && !trusted.have(address)) {
            warn(address);
        }
        for (String hop : Lists.reverse(hops)) {
            if (address == null || !trusted.have(address)) {
                return address;
            }
            address = parse(hop).orElse(null);
        }
        return address;
    }

    /** A stranger has no private address, so it is a proxy's. */
    private void warn(InetAddress proxy) {
        if (!warned.getAndSet(true)) {
            log.warn(
                    "{} forwards requests and is not in {}: all of its readers have its address here (said once)",
                    proxy.getHostAddress(),
                    SETTING);
        }
    }

    private static boolean isPrivate(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean isUniqueLocal = bytes.length > Integer.BYTES && (bytes[0] & 0xfe) == 0xfc; // RFC 4193
        return address.isLoopbackAddress() || address.isSiteLocalAddress() || isUniqueLocal;
    }

    /** As the proxies wrote them, the client first. */
    private static List<String> hops(HttpServletRequest request) {
        List<String> hops = new ArrayList<>();
        for (String line : Collections.list(request.getHeaders("X-Forwarded-For"))) {
            Splitter.on(',').trimResults().split(line).forEach(hops::add);
        }
        if (hops.isEmpty()) {
            for (String line : Collections.list(request.getHeaders("Forwarded"))) {
                elements(line).forEach(element -> hops.add(forwardedFor(element)));
            }
            if (hops.stream().allMatch(String::isEmpty)) {
                hops.clear();
            }
        }
        return hops.subList(Math.max(0, hops.size() - MOST_HOPS), hops.size());
    }

    /**
     * What stands between the commas that are outside of quotes. It is read from the right, where the nearest proxy has written: so a quote that
     * the client opens and never closes takes in nothing of what the proxies say.
     */
    private static List<String> elements(String line) {
        List<String> elements = new ArrayList<>();
        boolean quoted = false;
        int end = line.length();
        for (int i = end - 1; i >= 0; i--) {
            char c = line.charAt(i);
            quoted ^= c == '"';
            if (c == ',' && !quoted) {
                elements.add(line.substring(i + 1, end));
                end = i;
            }
        }
        elements.add(line.substring(0, end));
        return Lists.reverse(elements);
    }

    /** Whom an element names as the client; empty where it names nobody. */
    private static String forwardedFor(String element) {
        Matcher pair = PAIR.matcher(element);
        while (pair.find()) {
            if (pair.group(1).equalsIgnoreCase("for")) {
                return Objects.requireNonNullElse(pair.group(2), pair.group(3));
            }
        }
        return "";
    }

    /** An address with or without a port; none where a proxy hides it. */
    private static Optional<InetAddress> parse(@Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        try {
            Optional<InetAddress> plain = Sender.addressIn(text);
            return plain.isPresent()
                    ? plain
                    : Sender.addressIn(HostAndPort.fromString(text).getHost());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
