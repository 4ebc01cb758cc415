package dev.millrace.local.server;

import dev.millrace.local.process.CommandException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** TCP ports of the loopback address. */
public final class Ports {
    private static final int FIRST = 20_000;
    private static final int COUNT = 12_000;

    /** Begins anywhere, so that two processes are hardly ever given the same. */
    private static final AtomicInteger next = new AtomicInteger(new SecureRandom().nextInt(COUNT));

    private Ports() {}

    /**
     * A port that nobody listens on at this moment, and that this process was not given before. It lies below those that
     * systems give to outgoing connections (from 32768 on Linux, RFC 6335's 49152 elsewhere): one of them could take it
     * before a server does.
     */
    public static int free() {
        return IntStream.generate(() -> FIRST + Math.floorMod(next.getAndIncrement(), COUNT))
                .limit(COUNT)
                .filter(Ports::isFree)
                .findFirst()
                .orElseThrow();
    }

    /** Whether a server could listen on this port of every address. */
    public static boolean isFree(int port) {
        return canBind(new InetSocketAddress(port))
                && canBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /** Another server on the port would answer in place of ours, so that its start would seem to succeed. */
    static void requireFree(int port, String name) {
        if (!isFree(port)) {
            throw CommandException.failed("port " + port + " for " + name + " is taken");
        }
    }

    private static boolean canBind(InetSocketAddress address) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
