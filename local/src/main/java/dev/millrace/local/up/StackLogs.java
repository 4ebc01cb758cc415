package dev.millrace.local.up;

import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The log files of a stack: one a part for this run, and that of the run before. */
final class StackLogs {
    private StackLogs() {}

    static void rotate(Path home) throws IOException {
        Path logs = Files.createDirectories(home.resolve("logs"));
        for (Part part : Part.values()) {
            Path log = logs.resolve(part.label() + ".log");
            if (Files.exists(log)) {
                Files.move(log, logs.resolve(part.label() + ".previous.log"), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
