package dev.millrace.common.key;

/** The HS256 secret of the ledger's bearer tokens, where an installation uses a shared secret instead of a JWK set. */
public final class BearerSecret {
    /** The well-known secret of the local profile. Refused everywhere else. */
    public static final String LOCAL = "millrace-local-bearer-secret-not-for-production";

    /** RFC 7518, 3.2: an HS256 key has at least the 256 bits of the hash. */
    public static final int LEAST_BYTES = 32;

    private BearerSecret() {}
}
