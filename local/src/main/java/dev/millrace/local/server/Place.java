package dev.millrace.local.server;

import java.nio.file.Path;

/**
 * Where the servers keep what they need; folders are created when missing.
 *
 * @param binaries the extracted server binaries, one folder a version; may be shared by any number of servers
 * @param data one sub-folder a server, which belongs to one running server at a time
 * @param logs one log file a server
 */
public record Place(Path binaries, Path data, Path logs) {
    public Place {
        binaries = binaries.toAbsolutePath().normalize();
        data = data.toAbsolutePath().normalize();
        logs = logs.toAbsolutePath().normalize();
    }

    /** Everything under one folder: {@code binaries/}, {@code redis/}, {@code postgres/} and {@code logs/}. */
    public static Place under(Path home) {
        return new Place(home.resolve("binaries"), home, home.resolve("logs"));
    }
}
