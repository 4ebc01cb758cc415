package dev.millrace.local.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Whole trees of files, and files that hold a secret. */
public final class Folders {
    private Folders() {}

    /** Deletes a folder with everything in it; one that does not exist is fine. Links are not followed. */
    public static void delete(Path folder) throws IOException {
        for (Path path : tree(folder).reversed()) {
            Files.deleteIfExists(path);
        }
    }

    /** Gives a folder and everything in it to a user; only root can. */
    static void give(Path folder, int uid) throws IOException {
        for (Path path : tree(folder)) {
            Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(path, "unix:gid", uid, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** Parents come before what they hold. */
    private static List<Path> tree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.toList();
        }
    }

    /** The secret in a file that only its owner can read; a random one, in hexadecimal digits, where there is no file yet. */
    public static String secret(Path file, int bytes) throws IOException {
        if (!Files.exists(file)) {
            byte[] random = new byte[bytes];
            new SecureRandom().nextBytes(random);
            Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
            Files.createDirectories(file.getParent());
            Files.deleteIfExists(unfinished);
            Files.createFile(
                    unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(unfinished, HexFormat.of().formatHex(random));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readString(file).strip();
    }
}
