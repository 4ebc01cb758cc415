package dev.millrace.lab.scale;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.MillraceStack;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Many open streams of balances, each of another creator with a bearer of its own; each is read as fast as it comes. */
final class Followers implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String EVENT = "event: balance";

    private final List<Socket> sockets = new ArrayList<>();
    private final LongAdder events = new LongAdder();
    private final CountDownLatch begun;

    private Followers(int count) {
        this.begun = new CountDownLatch(count);
    }

    /**
     * Opens streams of the first creators, and waits for the first event of each.
     *
     * @throws IOException when some do not begin
     */
    static Followers open(MillraceStack stack, int count) throws IOException, InterruptedException {
        Followers followers = new Followers(count);
        for (int creator = 0; creator < count; creator++) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), stack.ledgerPort());
            followers.sockets.add(socket);
            socket.getOutputStream().write(stack.streamRequest(Events.creatorName(creator)));
            Thread.startVirtualThread(() -> followers.read(socket));
        }
        if (!followers.begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            followers.close();
            throw new IOException("of %d streams %d did not begin".formatted(count, followers.begun.getCount()));
        }
        return followers;
    }

    private void read(Socket socket) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            boolean isFirst = true;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals(EVENT)) {
                    events.increment();
                    if (isFirst) {
                        begun.countDown();
                    }
                    isFirst = false;
                }
            }
        } catch (IOException e) {
            // It is closed, or it broke off: then its event is missing.
        }
    }

    /** Events so far. */
    long events() {
        return events.sum();
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
