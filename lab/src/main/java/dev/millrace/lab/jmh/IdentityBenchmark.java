package dev.millrace.lab.jmh;

import dev.millrace.common.identity.Identity;
import dev.millrace.common.identity.IdentityHash;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.token.EventType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** From claims to an identity: ours, and the same hash with a new {@link Mac} for each event. */
public class IdentityBenchmark extends EventBenchmark {
    private static final String PUBLISHER = "demo";
    private static final String ALGORITHM = "HmacSHA256";

    private final String[] jtis = IntStream.range(0, EVENTS)
            .mapToObj(i -> "%032x".formatted(i * 0x9E3779B97F4A7C15L))
            .toArray(String[]::new);
    private final IdentityHash ours;
    private final SecretKeySpec key;

    public IdentityBenchmark() {
        MasterKey masterKey = MasterKey.of(MasterKey.LOCAL);
        ours = new IdentityHash(masterKey);
        key = new SecretKeySpec(masterKey.identityKey(), ALGORITHM);
    }

    @Benchmark
    public Identity millrace() {
        return ours.calculation().of(PUBLISHER, jtis[next()], EventType.VIEW, "");
    }

    /** As the events of one request. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public Identity[] millraceBatch() {
        IdentityHash.Calculation calculation = ours.calculation();
        Identity[] identities = new Identity[EVENTS];
        for (int i = 0; i < EVENTS; i++) {
            identities[i] = calculation.of(PUBLISHER, jtis[i], EventType.VIEW, "");
        }
        return identities;
    }

    @Benchmark
    public Identity newMac() throws GeneralSecurityException {
        Mac mac = Mac.getInstance(ALGORITHM);
        mac.init(key);
        update(mac, PUBLISHER);
        update(mac, jtis[next()]);
        update(mac, EventType.VIEW.wireName());
        update(mac, "");
        ByteBuffer hash = ByteBuffer.wrap(mac.doFinal());
        return new Identity(hash.getLong(), hash.getLong());
    }

    private static void update(Mac mac, String part) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        mac.update(bytes);
    }
}
