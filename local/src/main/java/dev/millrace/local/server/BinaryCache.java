package dev.millrace.local.server;

import dev.millrace.local.process.StartFailure;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Properties;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * The server binaries of the class path, extracted once into a folder a version.
 *
 * <p>A folder appears complete or not at all: it is filled under another name and renamed, so that an interrupted or a
 * concurrent extraction does no harm.
 *
 * @param root the folder of all binaries
 */
record BinaryCache(Path root) {
    /** Fills an empty folder. */
    interface Filling {
        void into(Path folder) throws IOException;
    }

    /** The version of the binary on the class path: {@code redis} or {@code postgres}. */
    String version(String name) {
        Properties versions = new Properties();
        try (InputStream in = resource("dev/millrace/local/server/binaries.properties")) {
            versions.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return versions.getProperty(name);
    }

    /** The folder of this name, filled first where it does not exist. */
    Path folder(String name, Filling filling) {
        Path folder = root.resolve(name);
        if (Files.isDirectory(folder)) {
            return folder;
        }
        try {
            Files.createDirectories(root);
            Path unfinished = Files.createTempDirectory(root, name + ".unfinished.");
            Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
            filling.into(unfinished);
            publish(unfinished, folder);
            return folder;
        } catch (IOException e) {
            throw new StartFailure("can't extract " + name + " to " + root + ": " + e.getMessage(), e);
        }
    }

    /** Copies a resource as the executable file {@code redis-server}. */
    void copyProgram(String resource, Path into) throws IOException {
        Path program = into.resolve("redis-server");
        try (InputStream in = resource(resource)) {
            Files.copy(in, program);
        }
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Unpacks a {@code .txz} resource, with its links and executable bits. */
    void unpack(String resource, Path into) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(resource(resource))))) {
            TarArchiveEntry entry;
            while ((entry = tar.getNextEntry()) != null) {
                unpackEntry(tar, entry, into);
            }
        }
    }

    private static void unpackEntry(TarArchiveInputStream tar, TarArchiveEntry entry, Path into) throws IOException {
        Path target = into.resolve(entry.getName()).normalize();
        if (!target.startsWith(into)) {
            throw new IOException("entry outside of the archive: " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else {
            Files.copy(tar, target);
            boolean executable = (entry.getMode() & 0100) != 0;
            Files.setPosixFilePermissions(
                    target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        }
    }

    private static void publish(Path unfinished, Path folder) throws IOException {
        try {
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (IOException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            Folders.delete(unfinished);
        }
    }

    private static InputStream resource(String name) {
        InputStream in = BinaryCache.class.getClassLoader().getResourceAsStream(name);
        if (in == null) {
            throw new StartFailure("the class path lacks " + name
                    + ": the binaries of this platform were not built in; run the build on this machine");
        }
        return in;
    }
}
