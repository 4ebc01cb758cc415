package dev.millrace.ledger.access;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationConverter;
import org.springframework.security.web.header.HeaderWriter;
import org.springframework.security.web.header.writers.CacheControlHeadersWriter;
import org.springframework.security.web.header.writers.HstsHeaderWriter;
import org.springframework.security.web.header.writers.XContentTypeOptionsHeaderWriter;
import org.springframework.security.web.header.writers.XXssProtectionHeaderWriter;
import org.springframework.security.web.header.writers.frameoptions.XFrameOptionsHeaderWriter;

/**
 * Knows without the framework's filters whose bearer token was found good a moment ago, and what those filters add to an
 * answer. Who is not known here may be allowed all the same: that takes the filters to find out. Thread-safe.
 */
public final class KnownReaders {
    private static final String SCHEME = "Bearer ";

    /** What Spring Security adds to each answer by default. */
    private static final List<HeaderWriter> HEADERS = List.of(
            new XContentTypeOptionsHeaderWriter(),
            new XXssProtectionHeaderWriter(),
            new CacheControlHeadersWriter(),
            new HstsHeaderWriter(),
            new XFrameOptionsHeaderWriter(XFrameOptionsHeaderWriter.XFrameOptionsMode.DENY));

    /** A token with this claim is good only in its holder's hands (RFC 7800), which the filters see to. */
    private static final String CONFIRMATION = "cnf";

    private final RememberedTokens tokens;
    private final JwtAuthenticationConverter converter;

    KnownReaders(RememberedTokens tokens, JwtAuthenticationConverter converter) {
        this.tokens = tokens;
        this.converter = converter;
    }

    /** Who asks, if it is known that the request's bearer token is good and allows to read this creator's data. */
    public Optional<Authentication> reader(HttpServletRequest request, String creator) {
        String token = token(request);
        if (token == null) {
            return Optional.empty();
        }
        return tokens.recall(token)
                .filter(jwt -> !jwt.hasClaim(CONFIRMATION))
                .<Authentication>map(converter::convert)
                .filter(caller -> OwnData.allowed(caller, creator));
    }

    private static @Nullable String token(HttpServletRequest request) {
        Enumeration<String> headers = request.getHeaders(HttpHeaders.AUTHORIZATION);
        if (!headers.hasMoreElements()) {
            return null;
        }
        String header = headers.nextElement();
        return header.startsWith(SCHEME) && !headers.hasMoreElements() ? header.substring(SCHEME.length()) : null;
    }

    /** Adds to an answer what the filters would add to it. */
    public void writeHeaders(HttpServletRequest request, HttpServletResponse response) {
        HEADERS.forEach(header -> header.writeHeaders(request, response));
    }
}
