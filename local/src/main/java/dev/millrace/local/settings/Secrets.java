package dev.millrace.local.settings;

import dev.millrace.common.key.BearerSecret;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.server.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The secrets of a stack. Each comes from the environment, or else from {@code secrets/} in the stack's home. The first
 * start of the stack fills that folder at random.
 *
 * @param home the stack's
 * @param given those of the environment, by variable
 */
public record Secrets(Path home, Map<String, String> given) {
    /** The variable of the ledger's bearer secret. */
    public static final String BEARER = "MILLRACE_LEDGER_JWT_SECRET";

    private static final int BYTES = 32;

    public Secrets {
        given = Map.copyOf(given);
    }

    static Secrets from(Map<String, String> environment, Path home) {
        Map<String, String> given = new HashMap<>();
        for (String variable : new String[] {MasterKey.VARIABLE, IdentityKey.VARIABLE, BEARER}) {
            String value = environment.getOrDefault(variable, "").strip();
            if (!value.isEmpty()) {
                check(variable, value);
                given.put(variable, value);
            }
        }
        return new Secrets(home, given);
    }

    private static void check(String variable, String secret) {
        if (variable.equals(BEARER) && secret.length() < BearerSecret.LEAST_BYTES) {
            throw CommandException.wrongCall("%s has %d characters; it takes at least %d"
                    .formatted(variable, secret.length(), BearerSecret.LEAST_BYTES));
        }
        try {
            if (variable.equals(MasterKey.VARIABLE)) {
                MasterKey _ = MasterKey.of(secret);
            } else if (variable.equals(IdentityKey.VARIABLE)) {
                IdentityKey _ = IdentityKey.of(secret);
            }
        } catch (IllegalArgumentException e) {
            throw CommandException.wrongCall(String.valueOf(e.getMessage()));
        }
    }

    /** @throws CommandException when nothing was ever started in this home */
    String get(String variable) {
        if (!given.containsKey(variable) && !Files.exists(file(variable))) {
            throw noStack(home);
        }
        return getOrMake(variable);
    }

    /** The same for the start of a stack, which makes a random one where there is none. */
    public String getOrMake(String variable) {
        String secret = given.get(variable);
        try {
            return secret == null ? Folders.secret(file(variable), BYTES) : secret;
        } catch (IOException e) {
            throw CommandException.failed("can't keep %s in %s: %s".formatted(variable, file(variable), e), e);
        }
    }

    private Path file(String variable) {
        return home.resolve("secrets").resolve(variable);
    }

    /** Nothing was ever started in this home. */
    public static CommandException noStack(Path home) {
        return CommandException.wrongCall("there is no stack in " + home
                + ": start one with ./millrace up, or set MILLRACE_HOME to the folder of the one that runs");
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "Secrets[" + home + "]";
    }
}
