package dev.millrace.lab.stack;

import dev.millrace.local.server.Place;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What a run finds when it starts servers.
 *
 * @param root the project's folder
 * @param home where data and logs of this run go
 * @param progress takes a line about what takes long
 */
public record Stage(Path root, Path home, Consumer<String> progress) {
    /** Where the servers of this name live: each has its own. */
    public Place place(String name) {
        Path folder = home.resolve(name);
        return new Place(root.resolve(".millrace/binaries"), folder, folder.resolve("logs"));
    }
}
