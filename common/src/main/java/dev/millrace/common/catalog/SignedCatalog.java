package dev.millrace.common.catalog;

import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The catalogue as it stands in Redis: a line {@code v1 <revision> <fingerprint of the master key> <HMAC-SHA256, hex>}, then
 * the JSON of {@link Catalog}.
 *
 * <p>Redis is not trusted with prices and publishers. So the HMAC is of the rest of the line and the JSON, under a key
 * derived from the master key, and nothing is parsed before it holds. An older catalogue that was signed once still
 * verifies, so readers compare revisions.
 */
public final class SignedCatalog {
    /** Revisions stay below it, because Lua and JSON readers hold whole numbers exactly up to there. */
    public static final long REVISIONS = 1L << 53;

    private static final Pattern FORM = Pattern.compile(
            "v1 (?<revision>0|[1-9][0-9]{0,15}) (?<fingerprint>[0-9a-f]{16}) (?<mac>[0-9a-f]{64})\n(?<json>.+)",
            Pattern.DOTALL);
    private static final int SHOWN = 40;

    private SignedCatalog() {}

    /**
     * The text to be published.
     *
     * @throws IllegalArgumentException when the revision is not 0 to 2<sup>53</sup> − 1
     */
    public static String sign(Catalog catalog, MasterKey masterKey) {
        if (!isRevision(catalog.revision())) {
            throw new IllegalArgumentException(
                    "catalogue revision %d is not 0 to 2^53 - 1".formatted(catalog.revision()));
        }
        String head = head(Long.toString(catalog.revision()), masterKey.fingerprint());
        String json = CatalogJson.write(catalog);
        return head + " " + HexFormat.of().formatHex(mac(head, json, masterKey)) + "\n" + json;
    }

    /**
     * The catalogue in a published text.
     *
     * @param masterKeys of which one, whichever, has signed it
     * @throws CatalogRefusedException when it is malformed, signed under another master key, or forged
     */
    public static Catalog verify(String text, MasterKeys masterKeys) throws CatalogRefusedException {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new CatalogRefusedException(
                    "the key 'catalog' holds no signed catalogue of this release but '%s'".formatted(shown(text)));
        }
        MasterKey masterKey = signer(parts.group("fingerprint"), masterKeys);
        String revision = parts.group("revision");
        String json = parts.group("json");
        byte[] mac = mac(head(revision, parts.group("fingerprint")), json, masterKey);
        if (!MessageDigest.isEqual(mac, HexFormat.of().parseHex(parts.group("mac")))) {
            throw new CatalogRefusedException(
                    "the catalogue of revision %s in Redis does not have the signature of ledger-service"
                            .formatted(revision));
        }
        return catalog(revision, json);
    }

    private static MasterKey signer(String fingerprint, MasterKeys masterKeys) throws CatalogRefusedException {
        return masterKeys
                .withFingerprint(fingerprint)
                .orElseThrow(() -> new CatalogRefusedException(
                        "the catalogue in Redis was signed under the master key with fingerprint %s, this service has %s; %s or %s must be the same everywhere"
                                .formatted(fingerprint, masterKeys, MasterKey.VARIABLE, MasterKeys.VARIABLE)));
    }

    private static Catalog catalog(String revision, String json) throws CatalogRefusedException {
        Catalog catalog;
        try {
            catalog = CatalogJson.read(json);
        } catch (IllegalArgumentException e) {
            throw new CatalogRefusedException(String.valueOf(e.getMessage()));
        }
        if (!revision.equals(Long.toString(catalog.revision())) || !isRevision(catalog.revision())) {
            throw new CatalogRefusedException(
                    "the catalogue's first line has revision %s, its JSON %d; both are the same, 0 to 2^53 - 1"
                            .formatted(revision, catalog.revision()));
        }
        return catalog;
    }

    private static boolean isRevision(long revision) {
        return revision >= 0 && revision < REVISIONS;
    }

    private static String head(String revision, String fingerprint) {
        return "v1 " + revision + " " + fingerprint;
    }

    private static byte[] mac(String head, String json, MasterKey masterKey) {
        return new HmacSha256(masterKey.catalogKey()).of((head + "\n" + json).getBytes(StandardCharsets.UTF_8));
    }

    private static String shown(String text) {
        String start = text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
        return start.replaceAll("[^ -~…]", "?");
    }
}
