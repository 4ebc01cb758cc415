package dev.millrace.local.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.apache.commons.io.FileUtils;

/** Whole trees of files, and files that hold a secret. */
public final class Folders {
    private Folders() {}

    /** Deletes a folder with everything in it; one that does not exist is fine. Links are not followed. */
    public static void delete(Path folder) throws IOException {
        FileUtils.deleteDirectory(folder.toFile());
    }

    /** The secret in a file that only its owner can read; a random one, in hexadecimal digits, where there is no file yet. */
    public static String secret(Path file, int bytes) throws IOException {
        if (!Files.exists(file)) {
            byte[] random = new byte[bytes];
            new SecureRandom().nextBytes(random);
            Files.createDirectories(file.getParent());
            Path unfinished = Files.createTempFile(file.getParent(), "unfinished", ""); // Its owner alone reads it.
            Files.writeString(unfinished, HexFormat.of().formatHex(random));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readString(file).strip();
    }
}
