package dev.millrace.lab.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.lab.link.TcpLink.Direction;
import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What each failure of a link looks like from its two ends. */
class TcpLinkTest {
    private static final int LONG = 20_000;
    private static final int SHORT = 300;

    private ServerSocket server;
    private TcpLink link;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        link = TcpLink.open("test", Ports.free(), server.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        link.close();
        server.close();
    }

    @Test
    void bytesGoBothWaysAndEndsAreForwarded() throws IOException {
        try (Socket caller = connect();
                Socket called = server.accept()) {
            send(caller, "question");
            assertThat(read(called, 8)).isEqualTo("question");
            send(called, "answer");
            assertThat(read(caller, 6)).isEqualTo("answer");
            caller.shutdownOutput();
            assertThat(called.getInputStream().read()).isEqualTo(-1);
            send(called, "last");
            called.shutdownOutput();
            assertThat(read(caller, 4)).isEqualTo("last");
            assertThat(caller.getInputStream().read()).isEqualTo(-1);
        }
        Awaitility.await().until(() -> link.connections() == 0);
    }

    @Test
    void aCutClosesWhatIsOpenAndRefusesWhatIsNewUntilItIsHealed() throws IOException {
        try (Socket caller = connect();
                Socket called = server.accept()) {
            send(caller, "x");
            assertThat(read(called, 1)).isEqualTo("x");
            link.cut();
            assertThat(hasEnded(caller)).isTrue();
            assertThat(hasEnded(called)).isTrue();
        }
        assertThat(isRefusedOrEndsAtOnce()).isTrue();
        link.heal();
        try (Socket caller = connect();
                Socket called = server.accept()) {
            send(caller, "y");
            assertThat(read(called, 1)).isEqualTo("y");
        }
    }

    /** The system may still take a connection for a moment after the listener was closed; then it is reset. */
    private boolean isRefusedOrEndsAtOnce() {
        try (Socket caller = connect()) {
            return hasEnded(caller);
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void aDelayHoldsEachPieceBack() throws IOException {
        try (Socket caller = connect();
                Socket called = server.accept()) {
            link.delay(Duration.ofMillis(SHORT));
            long began = System.nanoTime();
            send(caller, "x");
            assertThat(read(called, 1)).isEqualTo("x");
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(SHORT));
        }
    }

    @Test
    void aSilentDirectionHoldsBackAndLetsGoLate() throws IOException {
        try (Socket caller = connect();
                Socket called = server.accept()) {
            link.silence(EnumSet.of(Direction.REPLY));
            send(caller, "question");
            assertThat(read(called, 8)).isEqualTo("question");
            send(called, "answer");
            assertSilent(caller);
            link.heal();
            assertThat(read(caller, 6)).isEqualTo("answer");
        }
    }

    @Test
    void aSilentLinkHidesThatTheOtherSideIsGone() throws IOException {
        try (Socket caller = connect()) {
            Socket called = server.accept();
            link.silence(EnumSet.allOf(Direction.class));
            called.close();
            assertSilent(caller);
            link.heal();
            assertThat(hasEnded(caller)).isTrue();
        }
    }

    @Test
    void whatASilentLinkHeldBackNeverArrivesWhenItHealsWithLoss() throws IOException {
        try (Socket caller = connect();
                Socket called = server.accept()) {
            link.silence(EnumSet.of(Direction.REQUEST));
            send(caller, "question");
            assertSilent(called);
            link.healWithLoss();
            assertThatThrownBy(() -> read(called, 8)).isInstanceOf(IOException.class);
            assertThat(hasEnded(caller)).isTrue();
        }
    }

    @Test
    void aReplyBreaksOffAfterSoManyBytesWithAReset() throws IOException {
        try (Socket caller = connect();
                Socket called = server.accept()) {
            link.breakReplies(3);
            send(caller, "question");
            assertThat(read(called, 8)).isEqualTo("question");
            send(called, "answer");
            InputStream in = caller.getInputStream();
            assertThatThrownBy(() -> {
                        byte[] found = in.readAllBytes();
                        throw new IllegalStateException("no reset after " + found.length + " bytes");
                    })
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
    }

    @Test
    void aTargetThatIsDownIsSeenAsAConnectionThatCloses() throws IOException {
        server.close();
        try (Socket caller = connect()) {
            assertThat(hasEnded(caller)).isTrue();
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), link.port());
        socket.setSoTimeout(LONG);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String read(Socket socket, int bytes) throws IOException {
        socket.setSoTimeout(LONG);
        byte[] found = socket.getInputStream().readNBytes(bytes);
        if (found.length < bytes) {
            throw new IOException("ended after " + found.length + " bytes");
        }
        return new String(found, StandardCharsets.US_ASCII);
    }

    private static void assertSilent(Socket socket) {
        assertThatThrownBy(() -> {
                    socket.setSoTimeout(SHORT);
                    socket.getInputStream().read();
                })
                .isInstanceOf(SocketTimeoutException.class);
    }

    private static boolean hasEnded(Socket socket) {
        try {
            socket.setSoTimeout(LONG);
            return socket.getInputStream().read() == -1;
        } catch (SocketException e) {
            return true; // A reset.
        } catch (IOException e) {
            return false;
        }
    }
}
