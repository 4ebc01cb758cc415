package dev.millrace.service;

import dev.millrace.common.message.SettingException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;

/** Refuses an address to listen on that this machine does not have, by the name of its variable. */
final class BindAddressCheck implements ApplicationContextInitializer<ConfigurableApplicationContext> {
    @Override
    public void initialize(ConfigurableApplicationContext context) {
        String address =
                context.getEnvironment().getProperty("server.address", "").strip();
        if (address.isEmpty()) {
            return;
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
        } catch (IOException e) {
            throw new SettingException(
                    "MILLRACE_BIND_ADDRESS is '%s'; it takes an address of this machine, 0.0.0.0 for all of them"
                            .formatted(address));
        }
    }
}
