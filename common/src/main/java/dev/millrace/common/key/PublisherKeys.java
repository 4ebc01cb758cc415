package dev.millrace.common.key;

import dev.millrace.common.token.Kid;
import java.util.Base64;

/** Derives publishers' signing secrets. Thread-safe. */
public final class PublisherKeys {
    private static final int SECRET_BYTES = 32;

    private final MasterKey masterKey;

    public PublisherKeys(MasterKey masterKey) {
        this.masterKey = masterKey;
    }

    /**
     * The secret that signs tokens under this kid: 43 characters of base64url. The HMAC key is these characters' own
     * ASCII bytes (not what they decode to), so that any JWT library takes the printed secret as it is.
     */
    public String secret(Kid kid) {
        byte[] bytes = masterKey.derive("millrace/publisher-key/v1/" + kid, SECRET_BYTES);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
