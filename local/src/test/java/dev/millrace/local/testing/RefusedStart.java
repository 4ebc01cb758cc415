package dev.millrace.local.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Throwables;
import dev.millrace.common.message.SettingException;
import org.springframework.boot.builder.SpringApplicationBuilder;

/** A service that does not start, because a setting is refused. */
public final class RefusedStart {
    /** Part of every value that a test gives. */
    private static final String SECRET = "S3cr3t";

    private RefusedStart() {}

    /**
     * Starts the service under the local profile, on any ports. It must refuse a setting, say why, and print neither the secret nor a stack
     * trace.
     *
     * @param message that must be printed
     * @param printed all that has been printed; asked once the start has failed
     */
    public static void assertNoSecretIsPrinted(
            Class<?> service, String variable, String value, String message, CharSequence printed) {
        assertThatThrownBy(() -> new SpringApplicationBuilder(service)
                        .profiles("local")
                        .run("--server.port=0", "--management.server.port=0", "--" + variable + "=" + value))
                .satisfies(e -> assertThat(Throwables.getRootCause(e)).isInstanceOf(SettingException.class));
        assertThat(printed.toString()).contains(message).doesNotContain(SECRET).doesNotContain("\tat ");
    }
}
