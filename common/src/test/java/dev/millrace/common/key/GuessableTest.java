package dev.millrace.common.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.message.SettingException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuessableTest {
    private static final int SECRETS = 100_000;
    private static final long SEED = 20_261_130;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa         | has only 1 different",
                "abababababababababababababababababab     | has only 2 different",
                "abcdefgabcdefgabcdefgabcdefgabcdefg      | has only 7 different",
                "abcdefghabcdefghabcdefghabcdefgh         | repeats a pattern",
                "x7f!Kq2#x7f!Kq2#x7f!Kq2#x7f!Kq2#         | repeats a pattern",
                "0123456789abcdef0123456789abcdef         | repeats a pattern",
                "7c1e9a40b2d86f357c1e9a40b2d86f357c1e9a40 | repeats a pattern",
                "passwordpasswordpasswordpassword         | has only 7 different",
                "password-password-password-password      | repeats a pattern",
                "password1password2password3password4     | consists of well-known words",
                "Secret-Password-Admin-ChangeMe-12345     | consists of well-known words",
                "qwertyuiopasdfghjklzxcvbnm1234567890     | consists of well-known words",
                "changeme-changeme-secret-changeme-1234   | consists of well-known words",
                "hunter2hunter2hunter2hunter2hunter2hun   | has only 7 different",
                "correct1correct2correct3correct4         | repeats itself",
                "abcdefghijklmnopqrstuvwxyz012345         | is a sequence",
                "zyxwvutsrqponmlkjihgfedcba987654         | is a sequence"
            })
    void whatAPersonTypesIsRefusedForEverySecret(String secret, String message) {
        for (String variable : List.of("MILLRACE_MASTER_KEY", "MILLRACE_IDENTITY_KEY")) {
            assertThatThrownBy(() -> Secret.of(variable, secret))
                    .isInstanceOf(SettingException.class)
                    .hasMessageStartingWith(variable + " " + message)
                    .hasMessageNotContaining(secret);
        }
        assertThatThrownBy(() -> BearerSecret.checked(secret)).hasMessageStartingWith("MILLRACE_LEDGER_JWT_SECRET ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                MasterKey.LOCAL,
                IdentityKey.LOCAL,
                BearerSecret.LOCAL,
                "password-8f3a91c7d20b4e65f1a09c3b7d284e6f",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa8f3a91c7d20b4e65f1a09c3b7d284e6f",
                "the owl of minerva flies at dusk; ask her",
                "0c1fa3e977d05b2e4486a1c35e90d7b2"
            })
    void whatIsStrongSomewhereIsTaken(String secret) {
        assertThat(Guessable.why(secret)).isEmpty();
    }

    /** The least length in hexadecimal digits is 16 bytes, in base64 24. */
    @Test
    void randomOnesAreNeverRefused() {
        Random random = new Random(SEED);
        List<String> refused = new ArrayList<>();
        for (int i = 0; i < SECRETS; i++) {
            byte[] hex = new byte[16];
            byte[] base64 = new byte[24];
            random.nextBytes(hex);
            random.nextBytes(base64);
            for (String secret :
                    List.of(HexFormat.of().formatHex(hex), Base64.getEncoder().encodeToString(base64))) {
                try {
                    Secret _ = Secret.of("MILLRACE_MASTER_KEY", secret);
                } catch (SettingException e) {
                    refused.add(secret + ": " + e.getMessage());
                }
            }
        }
        assertThat(refused).as("seed %d", SEED).isEmpty();
    }
}
