package dev.millrace.ledger.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import dev.millrace.books.Balances;
import dev.millrace.books.PartitionCursor;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.creator.Creator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BalanceStreamTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Instant MOMENT = Instant.parse("2026-11-30T12:00:00Z");

    private final List<String> written = new ArrayList<>();
    private Consumer<String> onWrite = _ -> {};
    private int sent;

    private final OutputStream out = new ByteArrayOutputStream() {
        @Override
        public void flush() {
            String text = toString(StandardCharsets.US_ASCII);
            reset();
            synchronized (written) {
                written.add(text);
            }
            onWrite.accept(text);
        }
    };

    private static Balance pending(long micros, Instant asOf) {
        PartitionCursor cursor = new PartitionCursor(0, 1, 0, 0, 0, 1, MOMENT, null);
        Balances.Settled settled =
                new Balances.Settled(cursor, true, Micros.ZERO, Micros.ZERO, Micros.ZERO, Micros.ZERO);
        return Balance.of(true, "c-1", "USD", settled, new Micros(micros), asOf);
    }

    private static BalanceStream stream(Duration heartbeat) {
        return new BalanceStream(new Creator("c-1"), pending(1, MOMENT), heartbeat, Ticker.systemTicker());
    }

    private static void offer(BalanceStream stream, long micros) {
        stream.offer(pending(micros, MOMENT.plusSeconds(micros)), () -> bytes(micros + "\n"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private CompletableFuture<Void> write(BalanceStream stream, Duration validity) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        stream.write(out, bytes("first\n"), validity, () -> sent++);
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                Executors.newVirtualThreadPerTaskExecutor());
    }

    private List<String> written() {
        synchronized (written) {
            return List.copyOf(written);
        }
    }

    @Test
    void itShowsTheNewestBalanceOnceASecondAndNoneTwice() {
        BalanceStream stream = stream(LONG);
        long began = System.nanoTime();
        CompletableFuture<Void> writing = write(stream, LONG);
        Awaitility.await().until(() -> written().size() == 1);
        offer(stream, 1); // only the moment of the reading differs
        offer(stream, 2);
        offer(stream, 3);
        Awaitility.await().until(() -> written().size() == 2);
        assertThat(System.nanoTime() - began)
                .isGreaterThanOrEqualTo(Duration.ofSeconds(1).toNanos());
        offer(stream, 3);
        stream.close();
        writing.join();
        assertThat(written()).containsExactly("retry: 2000\nfirst\n", "3\n");
        assertThat(sent).isEqualTo(2);
    }

    @Test
    void aHeartbeatComesWhileNothingChanges() {
        BalanceStream stream = stream(Duration.ofMillis(1));
        onWrite = _ -> {
            if (written().size() == 4) {
                stream.close();
            }
        };
        write(stream, LONG).join();
        assertThat(written()).containsExactly("retry: 2000\nfirst\n", ":\n\n", ":\n\n", ":\n\n");
        assertThat(sent).isEqualTo(1);
    }

    @Test
    void itEndsWithTheToken() {
        write(stream(LONG), Duration.ofMillis(50)).join();
        assertThat(written()).containsExactly("retry: 2000\nfirst\n");
        assertThat(out).hasToString("event: end\ndata: {\"code\":\"token-expired\"}\n\n");
    }

    @Test
    void aTokenThatIsGoodForEverEndsNothing() {
        BalanceStream stream = stream(Duration.ofMillis(1));
        onWrite = text -> {
            if (text.startsWith(":")) {
                stream.close();
            }
        };
        write(stream, Duration.ofSeconds(1L << 53)).join();
        assertThat(written()).containsExactly("retry: 2000\nfirst\n", ":\n\n");
    }

    @Test
    void aClientThatTakesNothingEndsIt() {
        OutputStream stalled = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new SocketTimeoutException("as the server says it");
            }
        };
        assertThatThrownBy(() -> stream(LONG).write(stalled, bytes("first"), LONG, () -> sent++))
                .isInstanceOf(SocketTimeoutException.class);
        assertThat(sent).isZero();
    }
}
