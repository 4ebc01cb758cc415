package dev.millrace.ingest.benchmark;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.Kid;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.ingest.verify.Verdict;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * From a compact token to an event that may count, on one thread: ours, and Nimbus JOSE + JWT on the same tokens.
 *
 * <p>Ours does more: it also judges the type, prices the event and hashes its identity. Nimbus does what a service built
 * on it would do at least: parse, verify the signature, read the claims. Its verifier is made once, as its manual says.
 */
public class TokenVerificationBenchmark extends EventBenchmark {
    private static final long NOW = 1_700_000_000;
    private static final Kid KID = new Kid("demo", 1);

    private final List<Event> events = new ArrayList<>();
    private final String[] tokens = new String[EVENTS];
    private final Catalog catalog = new Catalog(
            1,
            Map.of(KID.publisher(), new Catalog.Publisher(List.of(KID.number()), List.of())),
            List.of(new RateCard(1, 0, Map.of("view", new Rate(1_000, 1)))));
    private final EventVerifier ours;
    private final JWSVerifier nimbus;

    public TokenVerificationBenchmark() {
        MasterKey keys = MasterKey.of(MasterKey.LOCAL);
        String secret = keys.publisherSecret(KID);
        SampleTokens samples = new SampleTokens(KID, secret, NOW);
        for (int i = 0; i < EVENTS; i++) {
            tokens[i] = samples.token(i);
            events.add(new Event(tokens[i], "view", null));
        }
        ours = new EventVerifier(
                MasterKeys.of(keys),
                IdentityKey.of(IdentityKey.LOCAL),
                Duration.ofHours(2),
                Set.of("like"),
                Tokens.FILTERS,
                "millrace",
                Tokens.VISITORS,
                Duration.ofSeconds(1));
        try {
            nimbus = new MACVerifier(secret.getBytes(StandardCharsets.US_ASCII));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        check();
    }

    @Benchmark
    public List<Verdict> millrace() {
        return ours.verify(List.of(events.get(next())), Sender.SERVER, catalog, NOW)
                .verdicts();
    }

    /** All tokens as one batch; the figure is of one token. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public List<Verdict> millraceBatch() {
        return ours.verify(events, Sender.SERVER, catalog, NOW).verdicts();
    }

    @Benchmark
    public String nimbus() throws ParseException, JOSEException {
        SignedJWT jwt = SignedJWT.parse(tokens[next()]);
        if (!jwt.verify(nimbus)) {
            throw new IllegalStateException("a good token was refused");
        }
        return jwt.getJWTClaimsSet().getSubject();
    }

    /** A verifier that refuses is fast and measures nothing. */
    private void check() {
        for (Verdict verdict : ours.verify(events, Sender.SERVER, catalog, NOW).verdicts()) {
            if (!(verdict instanceof PricedEvent)) {
                throw new IllegalStateException("a good token was refused: " + verdict);
            }
        }
    }
}
