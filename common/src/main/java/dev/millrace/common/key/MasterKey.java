package dev.millrace.common.key;

import dev.millrace.common.token.Kid;
import java.util.Base64;

/**
 * The secret from which all signing secrets derive: those of the publishers, and the one of the catalogue. None of them is
 * stored anywhere.
 *
 * <p>Another one gives every publisher another secret, so an installation may have several at a time ({@link MasterKeys}).
 */
public final class MasterKey {
    /** The variable that sets it. */
    public static final String VARIABLE = "MILLRACE_MASTER_KEY";

    /** The well-known key of the local profile. Refused everywhere else. */
    public static final String LOCAL = "millrace-local-master-key-not-for-production";

    private static final int CATALOG_KEY_BYTES = 32;
    private static final int PUBLISHER_SECRET_BYTES = 32;

    private final Secret secret;

    MasterKey(Secret secret) {
        this.secret = secret;
    }

    /**
     * @param text at least 32 characters, from a random source; white space around them is left out
     * @throws dev.millrace.common.message.SettingException when the key is shorter, or nobody has drawn it at random; the message
     *     never holds the key
     */
    public static MasterKey of(String text) {
        return new MasterKey(Secret.of(VARIABLE, text));
    }

    /**
     * The secret that signs a publisher's tokens under this kid: 43 characters of base64url. The HMAC key is these characters' own
     * ASCII bytes (not what they decode to), so that any JWT library takes the printed secret as it is.
     */
    public String publisherSecret(Kid kid) {
        byte[] bytes = secret.derive("millrace/publisher-key/v1/" + kid, PUBLISHER_SECRET_BYTES);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** 16 hexadecimal digits that tell whether two services have the same key. Not secret. */
    public String fingerprint() {
        return secret.fingerprint("millrace/fingerprint/v1");
    }

    /** The HMAC key of the published catalogue, 32 bytes. */
    public byte[] catalogKey() {
        return secret.derive("millrace/catalog/v1", CATALOG_KEY_BYTES);
    }

    @Override
    public String toString() {
        return "MasterKey[hidden]";
    }
}
