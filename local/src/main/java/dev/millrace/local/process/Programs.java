package dev.millrace.local.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Programs of the system. */
public final class Programs {
    private static final int PATIENCE_SECONDS = 10;

    private Programs() {}

    /** The first executable file of this name on {@code PATH}, or empty. */
    public static Optional<Path> onPath(String name) {
        return output(List.of("/bin/sh", "-c", "command -v " + name))
                .map(String::strip)
                .map(Path::of);
    }

    /** The output of a short program; empty when it does not run, fails, or does not end within ten seconds. */
    public static Optional<String> output(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            boolean isGood = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
            return isGood ? Optional.of(output) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
