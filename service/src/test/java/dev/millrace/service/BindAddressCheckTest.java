package dev.millrace.service;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.message.SettingException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;

class BindAddressCheckTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "0.0.0.0", "127.0.0.1", " 127.0.0.1 ", "localhost"})
    void anAddressOfThisMachineIsTaken(String address) {
        assertThatCode(() -> check(address)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense.invalid", "203.0.113.7", "127.0.0.1:80"})
    void anyOtherIsNamedWithTheRemedy(String address) {
        assertThatThrownBy(() -> check(address))
                .isInstanceOf(SettingException.class)
                .hasMessage("MILLRACE_BIND_ADDRESS is '" + address
                        + "'; it takes an address of this machine, 0.0.0.0 for all of them");
    }

    private static void check(String address) {
        GenericApplicationContext context = new GenericApplicationContext();
        context.getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource("test", Map.of("server.address", address)));
        new BindAddressCheck().initialize(context);
    }
}
