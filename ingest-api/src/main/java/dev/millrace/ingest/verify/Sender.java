package dev.millrace.ingest.verify;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a request, as its headers and its address say. They tell of a reader where a browser sent it; a publisher's server tells only of itself.
 *
 * @param browser whether the request had {@code Origin} or {@code Sec-Fetch-Site}, which only browsers send
 * @param userAgent the header {@code User-Agent}
 * @param address the client's, trusted proxies left out
 * @param purpose the header {@code Sec-Purpose}, else {@code Purpose}, else {@code X-Moz}
 * @param origin of the page that sent it: the header {@code Origin}, else that of {@code Referer}
 */
public record Sender(
        boolean browser,
        @Nullable String userAgent,
        @Nullable InetAddress address,
        @Nullable String purpose,
        @Nullable String origin) {
    /** Nothing is known. */
    public static final Sender SERVER = new Sender(false, null, null, null, null);

    /** The address in a text, without the zone that a link-local one may have: it names an interface of another machine. */
    public static Optional<InetAddress> addressIn(String text) {
        int zone = text.indexOf('%');
        String plain = zone > 0 && text.contains(":") ? text.substring(0, zone) : text;
        return InetAddresses.isInetAddress(plain) ? Optional.of(InetAddresses.forString(plain)) : Optional.empty();
    }
}
