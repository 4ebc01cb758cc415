package dev.millrace.common.key;

import dev.millrace.common.message.SettingException;
import dev.millrace.common.token.Kid;
import java.util.Collection;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The installation's master keys, by version. New keys of publishers are made under the newest one, which signs the catalogue too. An older one
 * stays for the keys that were made under it, until the last of them is revoked or has expired. Immutable.
 */
public final class MasterKeys {
    /** The variable that sets several. {@link MasterKey#VARIABLE} is the short form of one, version 1. */
    public static final String VARIABLE = "MILLRACE_MASTER_KEYS";

    private static final String TAKERS = "ingest-api and ledger-service take the same ones";
    private static final Pattern ENTRY = Pattern.compile("v([1-9][0-9]{0,8}):(.*)", Pattern.DOTALL);

    private final NavigableMap<Integer, MasterKey> byVersion;

    private MasterKeys(NavigableMap<Integer, MasterKey> byVersion) {
        this.byVersion = byVersion;
    }

    /** One key, version 1. */
    public static MasterKeys of(MasterKey key) {
        return new MasterKeys(new TreeMap<>(Map.of(1, key)));
    }

    /**
     * The keys of the two variables; the well-known one of the local profile is allowed.
     *
     * @param single value of {@link MasterKey#VARIABLE}
     * @param several value of {@link #VARIABLE}: {@code v<version>:<key>}, separated by commas
     * @throws SettingException when none or both are set, or one can't be used; the message never holds a key
     */
    public static MasterKeys of(String single, String several) {
        return read(single, several, Secret::of);
    }

    /** The same for a service outside the local profile, which takes no well-known key. */
    public static MasterKeys forProduction(String single, String several) {
        return read(single, several, (name, text) -> Secret.forProduction(name, text, MasterKey.LOCAL, TAKERS));
    }

    /** Makes a secret of a text, or refuses it under this name. */
    private interface Check {
        Secret apply(String name, String text);
    }

    private static MasterKeys read(String single, String several, Check check) {
        if (several.isBlank()) {
            return of(new MasterKey(check.apply(MasterKey.VARIABLE, single)));
        }
        if (!single.isBlank()) {
            throw new SettingException("%s and %s are both set; %s is the short form of one key, v1"
                    .formatted(MasterKey.VARIABLE, VARIABLE, MasterKey.VARIABLE));
        }
        NavigableMap<Integer, MasterKey> byVersion = new TreeMap<>();
        String[] entries = several.split(",", -1);
        for (int i = 0; i < entries.length; i++) {
            Matcher entry = ENTRY.matcher(entries[i].strip());
            if (!entry.matches()) {
                throw new SettingException(
                        "%s: key %d of %d does not begin with its version, such as v2: (v1 to v999999999); keys are separated by commas"
                                .formatted(VARIABLE, i + 1, entries.length));
            }
            int version = Integer.parseInt(entry.group(1));
            MasterKey key = new MasterKey(check.apply(VARIABLE + " v" + version, entry.group(2)));
            if (byVersion.values().stream()
                    .anyMatch(other -> other.fingerprint().equals(key.fingerprint()))) {
                throw new SettingException("%s: v%d is the same key as another version".formatted(VARIABLE, version));
            }
            if (byVersion.put(version, key) != null) {
                throw new SettingException("%s has two keys v%d".formatted(VARIABLE, version));
            }
        }
        return new MasterKeys(byVersion);
    }

    /** The highest version. */
    public int newestVersion() {
        return byVersion.lastKey();
    }

    /** The key of the highest version, which signs the catalogue. */
    public MasterKey newest() {
        return byVersion.lastEntry().getValue();
    }

    /** The key of this version; empty where this installation does not have it. */
    public Optional<MasterKey> version(int version) {
        return Optional.ofNullable(byVersion.get(version));
    }

    /** All of them, the newest first. */
    public Collection<MasterKey> all() {
        return byVersion.descendingMap().values();
    }

    /** The key with this fingerprint. */
    public Optional<MasterKey> withFingerprint(String fingerprint) {
        return byVersion.values().stream()
                .filter(key -> key.fingerprint().equals(fingerprint))
                .findFirst();
    }

    /** {@link MasterKey#publisherSecret} under the master key of this version; empty where this installation does not have it. */
    public Optional<String> publisherSecret(Kid kid, int version) {
        return version(version).map(key -> key.publisherSecret(kid));
    }

    /** Versions and fingerprints, such as {@code v2 (1454a868f8ddbf17), v1 (…)}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        byVersion
                .descendingMap()
                .forEach((version, key) -> text.append(text.isEmpty() ? "" : ", ")
                        .append("v%d (%s)".formatted(version, key.fingerprint())));
        return text.toString();
    }
}
