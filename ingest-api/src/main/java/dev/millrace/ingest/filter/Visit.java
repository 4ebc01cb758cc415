package dev.millrace.ingest.filter;

import dev.millrace.common.token.Filter;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the visit that an event comes from. A browser's request is judged by its own headers and address; any other by the claims
 * {@code ua} and {@code ip} that its publisher signed, or by neither where the token has none.
 *
 * @param browser whether the request had {@code Origin} or {@code Sec-Fetch-Site}
 * @param userAgent the header of a browser, otherwise the claim {@code ua}; null where there is none
 * @param address the address of a browser, otherwise the claim {@code ip}; null where there is none
 * @param purpose the header {@code Sec-Purpose}, else {@code Purpose}, else {@code X-Moz}; null where there is none
 * @param webdriver whether the page's script saw {@code navigator.webdriver} or another sign of automation
 * @param publisher whose event it is
 * @param visitor the claim {@code vis} that the publisher signed; null where the token has none, or where it is derived from address and
 *     user agent, as a page token's is: these may belong to many people
 * @param creator the claim {@code sub} as it stands in the token
 * @param page the claim {@code jti}, which is one opening of a page
 * @param filters those that are on for the publisher
 */
public record Visit(
        boolean browser,
        @Nullable String userAgent,
        @Nullable InetAddress address,
        @Nullable String purpose,
        boolean webdriver,
        String publisher,
        @Nullable String visitor,
        String creator,
        String page,
        Set<Filter> filters) {}
