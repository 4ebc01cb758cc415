package dev.millrace.ingest.benchmark;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.ingest.verify.Verdict;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * From a compact token to an event that may count, on one thread: ours, and Nimbus JOSE + JWT on the same tokens.
 *
 * <p>Ours does more: it also judges the type, prices the event and hashes its identity. Nimbus does what a service built
 * on it would do at least: parse, verify the signature, read the claims. Its verifier is made once, as its manual says.
 */
public class TokenVerificationBenchmark extends EventBenchmark {
    private final List<Event> events = new ArrayList<>();
    private final String[] tokens = new String[EVENTS];
    private final EventVerifier ours = Tokens.verifier();
    private final JWSVerifier nimbus;

    public TokenVerificationBenchmark() {
        for (int i = 0; i < EVENTS; i++) {
            tokens[i] = SampleTokens.token(i);
            events.add(new Event(tokens[i], "view", null));
        }
        try {
            nimbus = new MACVerifier(SampleTokens.SECRET.getBytes(StandardCharsets.US_ASCII));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        check();
    }

    @Benchmark
    public List<Verdict> millrace() {
        return ours.verify(List.of(events.get(next())), Sender.SERVER, SampleTokens.CATALOG, SampleTokens.NOW)
                .verdicts();
    }

    /** All tokens as one batch; the figure is of one token. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public List<Verdict> millraceBatch() {
        return ours.verify(events, Sender.SERVER, SampleTokens.CATALOG, SampleTokens.NOW)
                .verdicts();
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
        for (Verdict verdict : ours.verify(events, Sender.SERVER, SampleTokens.CATALOG, SampleTokens.NOW)
                .verdicts()) {
            if (!(verdict instanceof PricedEvent)) {
                throw new IllegalStateException("a good token was refused: " + verdict);
            }
        }
    }
}
