package dev.millrace.common.key;

/**
 * The secret under which events are hashed to identities. It is a secret of its own and never changes: under another key
 * every event is a new one, so events that were counted would count again.
 */
public final class IdentityKey {
    /** The variable that sets it. */
    public static final String VARIABLE = "MILLRACE_IDENTITY_KEY";

    /** The well-known key of the local profile. Refused everywhere else. */
    public static final String LOCAL = "millrace-local-identity-key-not-for-production";

    private static final int SIP_HASH_KEY_BYTES = 16;

    private final Secret secret;

    private IdentityKey(Secret secret) {
        this.secret = secret;
    }

    /**
     * @param text at least 32 characters, from a random source; white space around them is left out
     * @throws dev.millrace.common.message.SettingException when the key is shorter, or has fewer than 8 different characters; the message
     *     never holds the key
     */
    public static IdentityKey of(String text) {
        return new IdentityKey(Secret.of(VARIABLE, text));
    }

    /**
     * The key of a service outside the local profile.
     *
     * @throws dev.millrace.common.message.SettingException when there is none, it is the well-known local one, or {@link #of} refuses it
     */
    public static IdentityKey forProduction(String text) {
        return new IdentityKey(
                Secret.forProduction(VARIABLE, text, LOCAL, "all nodes of ingest-api take the same one, for ever"));
    }

    /** The key of the hash that makes an event's identity, 16 bytes. */
    public byte[] sipHashKey() {
        return secret.derive("millrace/identity/v2", SIP_HASH_KEY_BYTES);
    }

    /** 16 hexadecimal digits that tell whether two nodes have the same key. Not secret; Redis keeps it. */
    public String fingerprint() {
        return secret.fingerprint("millrace/identity-fingerprint/v1");
    }

    @Override
    public String toString() {
        return "IdentityKey[hidden]";
    }
}
