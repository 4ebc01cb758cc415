package dev.millrace.ingest.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Our verifier against Nimbus JOSE + JWT: the same tokens, whole and mutated, must get the same answer to "is this signed
 * by that key".
 */
class NimbusDifferentialTest {
    private static final int TOKENS = 4_000;
    private static final int MUTATIONS = 5;
    private static final long NOW = 1_000_000;
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private final long seed = Long.getLong("millrace.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final EventVerifier ours = Tokens.verifier();

    @Test
    void weAndNimbusAgreeOnEverySignature() throws JOSEException {
        System.out.println("NimbusDifferentialTest: seed " + seed + " (-Dmillrace.seed=" + seed + ")");
        int signed = 0;
        int refused = 0;
        for (int i = 0; i < TOKENS; i++) {
            String token = byNimbus("demo." + (random.nextBoolean() ? 1 : 3));
            assertThat(acceptedByUs(token)).as("seed %d, token %s", seed, token).isTrue();
            signed++;
            for (int m = 0; m < MUTATIONS; m++) {
                String mutant = mutated(token);
                boolean expected = acceptedByNimbus(mutant);
                assertThat(acceptedByUs(mutant))
                        .as("seed %d, token %s, mutant %s", seed, token, mutant)
                        .isEqualTo(expected);
                refused += expected ? 0 : 1;
            }
        }
        assertThat(signed).isEqualTo(TOKENS);
        assertThat(refused).as("mutants must really be mutants").isGreaterThan(TOKENS * MUTATIONS / 2);
    }

    /** Signed after they were bent: the signature holds, and what is signed must decide. */
    @Test
    void whatIsWellSignedIsStillRefusedWhereTheFormIsBent() {
        String payload = "{\"sub\":\"c\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":1000000,\"exp\":1003600}";
        for (int i = 0; i < 500; i++) {
            String noise = text(1 + random.nextInt(12));
            for (String header : new String[] {
                "{\"alg\":\"HS256\",\"kid\":\"demo.1\",\"alg\":\"HS256\"}",
                "{\"alg\":\"HS256\",\"kid\":\"demo.1\",\"crit\":[\"" + noise + "\"]}",
                "{\"alg\":\"HS256\",\"kid\":\"" + noise + "\"}",
                "{\"alg\":\"HS256\",\"kid\":\"demo.1\"}" + noise,
                "{\"alg\":\"" + noise + "\",\"kid\":\"demo.1\"}",
            }) {
                assertThat(acceptedByUs(Tokens.signed(header, payload, "demo.1")))
                        .as("seed %d, header %s", seed, header)
                        .isFalse();
            }
            for (String bent : new String[] {
                payload + noise,
                payload.replace("}", ",\"sub\":\"d\"}"),
                "[" + payload + "]",
                payload.substring(random.nextInt(payload.length() - 1) + 1)
            }) {
                assertThat(acceptedByUs(Tokens.signed(bent)))
                        .as("seed %d, payload %s", seed, bent)
                        .isFalse();
            }
            assertThat(acceptedByUs(Tokens.signed(
                            "{\"alg\":\"HS256\",\"kid\":\"demo.1\",\"" + "x" + noise + "\":1}", payload, "demo.1")))
                    .isTrue();
        }
    }

    private String byNimbus(String kid) throws JOSEException {
        String payload = "{\"sub\":\"c-%d\",\"art\":\"/%s\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d}"
                .formatted(
                        random.nextInt(1_000),
                        text(20),
                        text(30),
                        NOW - random.nextInt(1_000),
                        NOW + 1 + random.nextInt(1_000));
        JWSObject jws = new JWSObject(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(kid).build(), new Payload(payload));
        jws.sign(new MACSigner(Tokens.secret(kid).getBytes(StandardCharsets.US_ASCII)));
        return jws.serialize();
    }

    private String text(int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return text.toString();
    }

    /** Another character, one less, one more, two parts swapped, another token's signature, another header. */
    private String mutated(String token) {
        int at = random.nextInt(token.length());
        String[] parts = token.split("\\.", -1);
        return switch (random.nextInt(7)) {
            case 0, 1 -> token.substring(0, at) + ALPHABET.charAt(random.nextInt(64)) + token.substring(at + 1);
            case 2 -> token.substring(0, at) + token.substring(at + 1);
            case 3 -> token.substring(0, at) + ALPHABET.charAt(random.nextInt(64)) + token.substring(at);
            case 4 -> parts[1] + "." + parts[0] + "." + parts[2];
            case 5 -> parts[0] + "." + parts[1] + "." + Tokens.encoded(text(32));
            default ->
                Tokens.encoded("{\"alg\":\"" + (random.nextBoolean() ? "none" : "HS384") + "\",\"kid\":\"demo.1\"}")
                        + "." + parts[1] + "." + parts[2];
        };
    }

    private boolean acceptedByUs(String token) {
        Verdict verdict = ours.verify(List.of(new Event(token, "view", null)), Sender.SERVER, Tokens.CATALOG, NOW)
                .verdicts()
                .getFirst();
        return verdict instanceof PricedEvent;
    }

    /**
     * The same question put to Nimbus, with its decoder's leniency taken out: it drops the unused bits of a signature's
     * last character, we take only the one text that the standard's encoder gives.
     */
    private static boolean acceptedByNimbus(String token) {
        try {
            JWSObject jws = JWSObject.parse(token);
            Kid kid = Kid.parse(String.valueOf(jws.getHeader().getKeyID())).orElse(null);
            if (kid == null
                    || !jws.getHeader().getAlgorithm().equals(JWSAlgorithm.HS256)
                    || !(kid.toString().equals("demo.1") || kid.toString().equals("demo.3"))) {
                return false;
            }
            byte[] key = Tokens.secret(kid.toString()).getBytes(StandardCharsets.US_ASCII);
            String canonical = com.nimbusds.jose.util.Base64URL.encode(
                            jws.getSignature().decode())
                    .toString();
            return jws.verify(new MACVerifier(key))
                    && canonical.equals(jws.getSignature().toString());
        } catch (ParseException | JOSEException | IllegalArgumentException e) {
            return false;
        }
    }
}
