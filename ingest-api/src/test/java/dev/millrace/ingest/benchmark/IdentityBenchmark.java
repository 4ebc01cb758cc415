package dev.millrace.ingest.benchmark;

import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.token.EventType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;

/** From claims to an identity: ours, and the first half of an HMAC-SHA256 of the same input. */
public class IdentityBenchmark extends EventBenchmark {
    private static final String PUBLISHER = "demo";
    private static final String CREATOR = "creator-7";
    private static final String ALGORITHM = "HmacSHA256";
    private static final byte BY_TOKEN = 1;

    private final String[] jtis = IntStream.range(0, EVENTS)
            .mapToObj(i -> "%032x".formatted(i * 0x9E3779B97F4A7C15L))
            .toArray(String[]::new);
    private final IdentityKey ours = IdentityKey.of(IdentityKey.LOCAL);
    private final SecretKeySpec key = new SecretKeySpec(new byte[16], ALGORITHM);

    @Benchmark
    public long millrace() {
        return ours.ofToken(PUBLISHER, CREATOR, EventType.VIEW, "", jtis[next()]);
    }

    @Benchmark
    public long hmac() throws GeneralSecurityException {
        Mac mac = Mac.getInstance(ALGORITHM);
        mac.init(key);
        mac.update(BY_TOKEN);
        update(mac, PUBLISHER);
        update(mac, CREATOR);
        update(mac, EventType.VIEW.wireName());
        update(mac, "");
        update(mac, jtis[next()]);
        return ByteBuffer.wrap(mac.doFinal()).getLong();
    }

    private static void update(Mac mac, String part) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        mac.update(bytes);
    }
}
