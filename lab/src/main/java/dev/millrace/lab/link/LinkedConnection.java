package dev.millrace.lab.link;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;

/** One connection through a link: two sockets, and two threads that carry bytes from one to the other. */
final class LinkedConnection {
    private static final int PIECE = 64 * 1024;
    private static final Duration CONNECT = Duration.ofSeconds(2);

    private final TcpLink link;
    private final Socket caller;
    private final InetSocketAddress target;
    private final Socket called = new Socket();

    LinkedConnection(TcpLink link, Socket caller, InetSocketAddress target) {
        this.link = link;
        this.caller = caller;
        this.target = target;
    }

    /** Carries until both directions have ended. */
    void run() {
        try {
            caller.setTcpNoDelay(true);
            called.setTcpNoDelay(true);
            called.connect(target, (int) CONNECT.toMillis());
            Thread replies = Thread.ofVirtual().start(() -> carry(Direction.REPLY, called, caller));
            carry(Direction.REQUEST, caller, called);
            replies.join();
        } catch (IOException e) {
            // The target is down or the link was cut; the caller sees its connection close.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close();
            link.ended(this);
        }
    }

    /** Ends it as an orderly process would. */
    void close() {
        TcpLink.closeQuietly(caller);
        TcpLink.closeQuietly(called);
    }

    /** Ends it at once with RST, to both sides. */
    void reset() {
        lingerNot(caller);
        lingerNot(called);
        close();
    }

    private void carry(Direction direction, Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] piece = new byte[PIECE];
            for (int length = in.read(piece); length >= 0; length = in.read(piece)) {
                Toxic toxic = link.awaitPassage(direction);
                if (!toxic.delay().isZero()) {
                    Thread.sleep(toxic.delay());
                }
                Integer breakAfter = toxic.breakAfter();
                if (direction == Direction.REPLY && breakAfter != null) {
                    out.write(piece, 0, Math.min(breakAfter, length - 1));
                    reset();
                    return;
                }
                out.write(piece, 0, length);
            }
            link.awaitPassage(direction);
            to.shutdownOutput();
        } catch (IOException e) {
            breakOff(direction);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A side has broken off: the other one hears of it as soon as the link lets it. */
    private void breakOff(Direction direction) {
        try {
            link.awaitPassage(direction);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        reset();
    }

    private static void lingerNot(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (SocketException e) {
            // It is closed already.
        }
    }
}
