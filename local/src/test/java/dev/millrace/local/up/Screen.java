package dev.millrace.local.up;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Collects printed lines, and lets a test wait for the next one that starts with a text. */
final class Screen {
    private static final Pattern GAP = Pattern.compile(" +");

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> unseen = new LinkedBlockingQueue<>();
    private final PrintStream stream = new PrintStream(new Lines(), true, StandardCharsets.UTF_8);

    PrintStream stream() {
        return stream;
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    List<String> firstWords() {
        return lines.stream()
                .map(line -> String.join(" ", GAP.splitAsStream(line).limit(2).toList()))
                .toList();
    }

    void await(String start) throws InterruptedException {
        String line;
        do {
            line = unseen.poll(120, TimeUnit.SECONDS);
            assertThat(line)
                    .as("a line that starts with '%s' after %s", start, lines)
                    .isNotNull();
        } while (line != null && !line.startsWith(start));
    }

    private final class Lines extends OutputStream {
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        @Override
        public synchronized void write(int b) {
            if (b != '\n') {
                line.write(b);
                return;
            }
            lines.add(line.toString(StandardCharsets.UTF_8));
            unseen.add(lines.getLast());
            line.reset();
        }
    }
}
