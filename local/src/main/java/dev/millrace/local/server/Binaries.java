package dev.millrace.local.server;

import dev.millrace.local.process.CommandException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ResourceBundle;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.io.function.IOConsumer;

/**
 * The server programs of the class path, unpacked once into a folder a version.
 *
 * <p>A folder appears whole or not at all: it is filled under another name and renamed. So neither an interrupted unpacking
 * nor two at a time do harm.
 *
 * @param root the folder of all versions
 */
record Binaries(Path root) {
    private static final ResourceBundle VERSIONS = ResourceBundle.getBundle("dev.millrace.local.server.binaries");
    private static final String SYSTEM = System.getProperty("os.name").startsWith("Mac") ? "darwin" : "linux";
    private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");

    /** The folder {@code redis-<version>}, which holds {@code redis-server}. */
    Path redis() {
        String resource =
                "redis-server-" + VERSIONS.getString("redis") + "-" + SYSTEM + "-" + (ARM ? "arm64" : "amd64");
        return folder("redis", into -> {
            try (InputStream in = resource(resource)) {
                write(in, into.resolve("redis-server"), true);
            }
        });
    }

    /** The folder {@code postgres-<version>}, which holds {@code bin/}, {@code lib/} and {@code share/}. */
    Path postgres() {
        return folder("postgres", into -> unpack("postgres-" + SYSTEM + (ARM ? "-arm_64" : "-x86_64") + ".txz", into));
    }

    private Path folder(String program, IOConsumer<Path> filling) {
        Path folder = root.resolve(program + "-" + VERSIONS.getString(program));
        if (Files.isDirectory(folder)) {
            return folder;
        }
        try {
            Files.createDirectories(root);
            Path unfinished = Files.createTempDirectory(root, folder.getFileName() + ".unfinished.");
            Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
            filling.accept(unfinished);
            publish(unfinished, folder);
            return folder;
        } catch (IOException e) {
            throw CommandException.failed("can't unpack " + folder + ": " + e.getMessage(), e);
        }
    }

    private static void publish(Path unfinished, Path folder) throws IOException {
        try {
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            Folders.delete(unfinished); // Another process was faster.
        }
    }

    private static void unpack(String resource, Path into) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(resource(resource))))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path target = into.resolve(entry.getName()).normalize();
                if (entry.isDirectory()) {
                    continue;
                }
                Files.createDirectories(target.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
                } else {
                    write(tar, target, (entry.getMode() & 0100) != 0);
                }
            }
        }
    }

    private static void write(InputStream in, Path file, boolean executable) throws IOException {
        Files.copy(in, file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }

    private static InputStream resource(String name) {
        InputStream in = Binaries.class.getClassLoader().getResourceAsStream(name);
        if (in == null) {
            throw CommandException.failed(
                    "the class path lacks " + name
                            + ": run the build on this machine; there are servers for Linux and macOS on x86-64 and 64-bit Arm");
        }
        return in;
    }
}
