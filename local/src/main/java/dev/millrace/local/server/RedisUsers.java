package dev.millrace.local.server;

import com.google.common.base.Splitter;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The users of a Redis: the rules of {@code deploy/redis/users.acl}, with a password each. The default user keeps everything, for whoever
 * reaches the server without a name.
 *
 * @param passwords by user; whom it does not name is left out
 */
public record RedisUsers(Map<String, String> passwords) {
    /** The user of ingest-api. */
    public static final String INGEST = "ingest";

    /** The user of settlement-worker. */
    public static final String WORKER = "worker";

    /** The user of ledger-service. */
    public static final String LEDGER = "ledger";

    /** Nobody but the default user. */
    public static final RedisUsers NONE = new RedisUsers(Map.of());

    /** What a server before 7.2 does not know, and refuses a file of users for. */
    private static final Set<String> SINCE_7_2 = Set.of("+waitaof", "+client|setinfo");

    public RedisUsers {
        passwords = Map.copyOf(passwords);
    }

    /**
     * The file of users of a server ({@code --aclfile}).
     *
     * @param version of the server, such as 7.0.15
     */
    String file(String version) {
        List<String> lines = new ArrayList<>(List.of("user default on nopass allkeys allchannels +@all"));
        for (String line : rules().lines().toList()) {
            List<String> words = Splitter.on(' ').splitToList(line);
            String password = words.size() > 2 ? passwords.get(words.get(1)) : null;
            if (words.getFirst().equals("user") && password != null) {
                List<String> user = new ArrayList<>(words);
                user.removeIf(word -> version.matches("7\\.[01]\\..*") && SINCE_7_2.contains(word));
                user.addAll(2, List.of("on", "#" + hash(password)));
                lines.add(String.join(" ", user));
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private static String rules() {
        try (InputStream in = RedisUsers.class.getResourceAsStream("/db/users.acl")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("users.acl can't be read", e);
        }
    }

    private static String hash(String password) {
        return Hashing.sha256().hashString(password, StandardCharsets.UTF_8).toString();
    }

    /** Without the passwords. */
    @Override
    public String toString() {
        return "RedisUsers" + passwords.keySet();
    }
}
