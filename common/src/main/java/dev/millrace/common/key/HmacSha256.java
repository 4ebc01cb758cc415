package dev.millrace.common.key;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * HMAC-SHA256 (RFC 2104, FIPS 180-4) under one key. Thread-safe: each call works on a clone of an initialised {@link Mac},
 * which is cheaper than a new one and, unlike a thread local, serves virtual threads.
 */
public final class HmacSha256 {
    private static final String ALGORITHM = "HmacSHA256";

    private final Mac prototype;

    public HmacSha256(byte[] key) {
        try {
            prototype = Mac.getInstance(ALGORITHM);
            prototype.init(new SecretKeySpec(key, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + ALGORITHM, e);
        }
    }

    /** The 32 bytes of the hash. */
    public byte[] of(byte[] input) {
        return copy().doFinal(input);
    }

    /** For one thread that hashes many inputs: it makes one clone for all of them. */
    public Calculation calculation() {
        return new Calculation(copy());
    }

    private Mac copy() {
        try {
            return (Mac) prototype.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the HmacSHA256 of this JDK can't be cloned", e);
        }
    }

    /** Hashes one input after the other under the same key. Not thread-safe. */
    public static final class Calculation {
        private final Mac mac;

        private Calculation(Mac mac) {
            this.mac = mac;
        }

        /** The 32 bytes of the hash of the bytes from {@code from} on, before {@code to}. */
        public byte[] of(byte[] input, int from, int to) {
            mac.update(input, from, to - from);
            return mac.doFinal();
        }
    }
}
