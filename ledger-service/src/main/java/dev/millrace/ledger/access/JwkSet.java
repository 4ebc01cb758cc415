package dev.millrace.ledger.access;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.Resource;
import com.nimbusds.jose.util.ResourceRetriever;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.jwt.proc.JWTProcessor;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.time.Duration;
import java.util.Set;

/**
 * The keys of a JWK set that sign bearer tokens. A set is fetched again after five minutes, and where a token names a key that it does not
 * hold: twice in {@value #PAUSE_SECONDS} s at most, so that invented key ids cause no more. Where it can't be fetched, the last one serves
 * for {@value #OUTAGE_HOURS} h. Thread-safe.
 */
final class JwkSet implements ResourceRetriever {
    private static final Set<JWSAlgorithm> ASYMMETRIC = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512);

    /** How long a request may wait for the set, to connect and again to read. */
    private static final int TIMEOUT_MILLIS = 1_000;

    /** Sets of providers with many keys and certificates have some 20 KB. */
    static final int MOST_BYTES = 256 * 1024;

    private static final long PAUSE_SECONDS = 30;
    private static final long OUTAGE_HOURS = 1;

    private final DefaultResourceRetriever http =
            new DefaultResourceRetriever(TIMEOUT_MILLIS, TIMEOUT_MILLIS, MOST_BYTES);
    private final URL url;
    private volatile boolean isFetched;

    private JwkSet(URL url) {
        this.url = url;
    }

    /** @param uri of the set, an address that the settings have checked */
    static JwkSet at(String uri) {
        try {
            return new JwkSet(URI.create(uri).toURL());
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("no URL: " + uri, e);
        }
    }

    /** Verifies signatures alone; times, issuer and audience are the validator's. */
    JWTProcessor<SecurityContext> processor() {
        JWKSource<SecurityContext> keys = JWKSourceBuilder.<SecurityContext>create(url, this)
                .retrying(false)
                .rateLimited(Duration.ofSeconds(PAUSE_SECONDS).toMillis())
                .outageTolerant(Duration.ofHours(OUTAGE_HOURS).toMillis())
                .build();
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ASYMMETRIC, keys));
        processor.setJWSTypeVerifier((type, context) -> {});
        processor.setJWTClaimsSetVerifier((claims, context) -> {});
        return processor;
    }

    @Override
    public Resource retrieveResource(URL address) throws IOException {
        isFetched = false;
        Resource set = http.retrieveResource(address);
        isFetched = true;
        return set;
    }

    /** Whether a failure means that the set, fetched within the last half minute, does not hold the token's key. */
    boolean isKeyUnknown(Throwable failure) {
        return isFetched && failure.getCause() instanceof RateLimitReachedException;
    }
}
