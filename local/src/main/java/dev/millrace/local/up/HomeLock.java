package dev.millrace.local.up;

import dev.millrace.local.process.StartFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps two stacks from running on the same data. Held until closed or until the process ends, however it ends. */
final class HomeLock implements AutoCloseable {
    private final FileChannel channel;

    private HomeLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws StartFailure when another stack holds it or the folder can't be written */
    static HomeLock take(Path home) {
        try {
            Files.createDirectories(home);
            FileChannel channel =
                    FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!locked(channel)) {
                channel.close();
                throw new StartFailure(
                        "another ./millrace up runs on " + home + ": stop it, or set MILLRACE_HOME to another folder");
            }
            return new HomeLock(channel);
        } catch (IOException e) {
            throw new StartFailure("MILLRACE_HOME " + home + " can't be used: " + e, e);
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // Held by this very process.
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
