package dev.millrace.ingest.verdict;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.Kid;
import dev.millrace.ingest.verify.CountersUnavailableException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Knows who holds a key by its secret (Basic authentication, RFC 7617: the kid is the user, the secret the password). A key that signs no more opens nothing:
 * it may have been revoked because somebody else has it. All that is refused takes the same time. Thread-safe.
 */
public final class KeyHolder {
    private static final String SCHEME = "Basic ";

    /** Stands in for a key that is not known. */
    private static final Kid NOBODY = new Kid("nobody", 1);

    private final MasterKeys masterKeys;

    public KeyHolder(MasterKeys masterKeys) {
        this.masterKeys = masterKeys;
    }

    private record Given(Kid kid, String secret) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "Given[kid=%s]".formatted(kid);
        }
    }

    /**
     * The key whose secret this is.
     *
     * @param authorization the header
     * @param second of Redis' clock
     * @return empty where there is no such key, or its secret is another one
     * @throws CountersUnavailableException when this node does not have the key's master key
     */
    public Optional<Kid> holder(@Nullable String authorization, Catalog catalog, long second) {
        Optional<Given> given = given(authorization);
        Kid kid = given.map(Given::kid).orElse(NOBODY);
        Catalog.Terms terms = catalog.terms(kid);
        boolean isLive = catalog.state(kid) == Catalog.KeyState.LIVE && !terms.isOver(second);
        String secret =
                isLive ? secret(kid, terms.master()) : masterKeys.newest().publisherSecret(NOBODY);
        byte[] expected = secret.getBytes(StandardCharsets.US_ASCII);
        byte[] secretGiven = given.map(Given::secret).orElse("").getBytes(StandardCharsets.ISO_8859_1);
        boolean isRight = MessageDigest.isEqual(expected, secretGiven);
        return isLive && isRight ? Optional.of(kid) : Optional.empty();
    }

    private String secret(Kid kid, int master) {
        return masterKeys
                .publisherSecret(kid, master)
                .orElseThrow(() -> new CountersUnavailableException(
                        "kid %s was made under master key v%d, which this node does not have (%s)"
                                .formatted(kid, master, MasterKeys.VARIABLE)));
    }

    /** What is not of the form of a kid and a secret is nobody's. */
    private static Optional<Given> given(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Optional.empty();
        }
        try {
            byte[] decoded = Base64.getDecoder()
                    .decode(authorization.substring(SCHEME.length()).strip());
            String text = new String(decoded, StandardCharsets.ISO_8859_1);
            int colon = text.indexOf(':');
            return colon < 0
                    ? Optional.empty()
                    : Kid.parse(text.substring(0, colon)).map(kid -> new Given(kid, text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
