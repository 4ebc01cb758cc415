package dev.millrace.common.key;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * The one secret of an installation. Publishers' secrets and the identity key are derived from it with HKDF-SHA256 (RFC
 * 5869), so that none of them is stored anywhere.
 *
 * <p>Replacing it replaces every publisher's secret and forgets which events were counted: tokens still out then fail
 * their signature check, and no event can be paid twice for it.
 */
public final class MasterKey {
    /** The well-known key of the local profile. Refused everywhere else. */
    public static final String LOCAL = "millrace-local-master-key-not-for-production";

    private static final int LEAST_CHARACTERS = 32;

    private final byte[] secret;

    private MasterKey(String text) {
        this.secret = text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * @param text at least 32 characters, from a random source
     * @throws IllegalArgumentException when the key is shorter; the message never holds the key
     */
    public static MasterKey of(String text) {
        if (text.length() < LEAST_CHARACTERS) {
            throw new IllegalArgumentException(
                    "MILLRACE_MASTER_KEY has %d characters; it takes at least %d random ones, such as the output of: openssl rand -base64 48"
                            .formatted(text.length(), LEAST_CHARACTERS));
        }
        return new MasterKey(text);
    }

    /**
     * The key of a service outside the local profile.
     *
     * @throws IllegalArgumentException when there is none, it is too short or it is the well-known local one
     */
    public static MasterKey forProduction(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException(
                    "MILLRACE_MASTER_KEY is not set; ingest-api and ledger-service take the same one, at least %d random characters"
                            .formatted(LEAST_CHARACTERS));
        }
        if (text.strip().equals(LOCAL)) {
            throw new IllegalArgumentException(
                    "MILLRACE_MASTER_KEY is the well-known key of the local profile; set a secret one of your own");
        }
        return of(text);
    }

    /**
     * Derives a secret of its own for each purpose.
     *
     * @param purpose what the secret is for; two purposes never share a secret
     * @param bytes length of the result
     */
    byte[] derive(String purpose, int bytes) {
        try {
            AlgorithmParameterSpec spec = HKDFParameterSpec.ofExtract()
                    .addIKM(secret)
                    .thenExpand(purpose.getBytes(StandardCharsets.UTF_8), bytes);
            return KDF.getInstance("HKDF-SHA256").deriveData(spec);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HKDF-SHA256", e);
        }
    }

    /** The key of the hash that makes an event's identity, 32 bytes. */
    public byte[] identityKey() {
        return derive("millrace/identity/v1", 32);
    }

    @Override
    public String toString() {
        return "MasterKey[hidden]";
    }
}
