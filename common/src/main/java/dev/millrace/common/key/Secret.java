package dev.millrace.common.key;

import dev.millrace.common.message.SettingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.HexFormat;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * A secret of the installation, as an operator sets it, and the keys derived from it with HKDF-SHA256 (RFC 5869). Its
 * messages name the variable and never hold the secret. Thread-safe.
 */
final class Secret {
    private static final int LEAST_CHARACTERS = 32;

    /** A random key of 32 characters has more, in hexadecimal too. */
    private static final int LEAST_DIFFERENT = 8;

    private static final int FINGERPRINT_BYTES = 8;
    private static final String ADVICE = "such as the output of: openssl rand -base64 48";

    private final byte[] bytes;

    private Secret(String text) {
        this.bytes = text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The secret in this text. White space around it is none of it: a file that a secret is mounted from often ends with a
     * newline.
     *
     * @throws SettingException when it is too short, too uniform or {@link Guessable}
     */
    static Secret of(String variable, String text) {
        String secret = text.strip();
        if (secret.length() < LEAST_CHARACTERS) {
            throw new SettingException("%s has %d characters; it takes at least %d random ones, %s"
                    .formatted(variable, secret.length(), LEAST_CHARACTERS, ADVICE));
        }
        long different = secret.chars().distinct().count();
        if (different < LEAST_DIFFERENT) {
            throw new SettingException("%s has only %d different characters; it takes at least %d random characters, %s"
                    .formatted(variable, different, LEAST_CHARACTERS, ADVICE));
        }
        String why = Guessable.why(secret);
        if (!why.isEmpty()) {
            throw new SettingException("%s %s; it takes at least %d random characters, %s"
                    .formatted(variable, why, LEAST_CHARACTERS, ADVICE));
        }
        return new Secret(secret);
    }

    /**
     * The secret of a service outside the local profile.
     *
     * @param local the well-known secret of the local profile
     * @param takers which services take the same one
     * @throws SettingException when there is none, or it is the local one, too short or too uniform
     */
    static Secret forProduction(String variable, String text, String local, String takers) {
        if (text.isBlank()) {
            throw new SettingException(
                    "%s is not set; %s, at least %d random characters".formatted(variable, takers, LEAST_CHARACTERS));
        }
        if (text.strip().equals(local)) {
            throw new SettingException(
                    "%s is the well-known key of the local profile; set a secret one of your own".formatted(variable));
        }
        return of(variable, text);
    }

    /**
     * Derives a secret of its own for each purpose.
     *
     * @param purpose use of the result; two purposes never share a result
     * @param length bytes of the result
     */
    byte[] derive(String purpose, int length) {
        try {
            AlgorithmParameterSpec spec = HKDFParameterSpec.ofExtract()
                    .addIKM(bytes)
                    .thenExpand(purpose.getBytes(StandardCharsets.UTF_8), length);
            return KDF.getInstance("HKDF-SHA256").deriveData(spec);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HKDF-SHA256", e);
        }
    }

    /** 16 hexadecimal digits that tell two secrets apart and tell nothing of either. */
    String fingerprint(String purpose) {
        return HexFormat.of().formatHex(derive(purpose, FINGERPRINT_BYTES));
    }
}
