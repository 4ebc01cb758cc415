package dev.millrace.local.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Whole trees of files. */
public final class Folders {
    private Folders() {}

    /** Deletes a folder with everything in it; one that does not exist is fine. Links are not followed. */
    public static void delete(Path folder) throws IOException {
        for (Path path : tree(folder).sorted(Comparator.reverseOrder()).toList()) {
            Files.deleteIfExists(path);
        }
    }

    /** Gives a folder and everything in it to a user; only root can. */
    static void give(Path folder, int uid) throws IOException {
        for (Path path : tree(folder).toList()) {
            Files.setAttribute(path, "unix:uid", uid, java.nio.file.LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(path, "unix:gid", uid, java.nio.file.LinkOption.NOFOLLOW_LINKS);
        }
    }

    private static Stream<Path> tree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            return List.copyOf(paths.toList()).stream();
        }
    }
}
