package dev.millrace.common.key;

import dev.millrace.common.message.SettingException;

/** The HS256 secret of the ledger's bearer tokens, where an installation uses a shared secret instead of a JWK set. */
public final class BearerSecret {
    /** The well-known secret of the local profile. Refused everywhere else. */
    public static final String LOCAL = "millrace-local-bearer-secret-not-for-production";

    /** The variable that sets it. */
    public static final String VARIABLE = "MILLRACE_LEDGER_JWT_SECRET";

    private BearerSecret() {}

    /**
     * The secret without the white space around it. It has at least 32 characters, since an HS256 key has at least the 256 bits of the hash (RFC
     * 7518, 3.2).
     *
     * @throws SettingException when it is shorter, or nobody has drawn it at random; the message never holds it
     */
    public static String checked(String text) {
        Secret _ = Secret.of(VARIABLE, text);
        return text.strip();
    }
}
