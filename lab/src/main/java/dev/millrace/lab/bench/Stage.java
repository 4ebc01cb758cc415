package dev.millrace.lab.bench;

import dev.millrace.lab.load.Slabs;
import dev.millrace.local.server.Place;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What contestants find when they start.
 *
 * @param root the project's folder
 * @param home where data and logs of this run go
 * @param slabs memory for requests; only one contestant at a time uses it
 * @param progress takes a line about what takes long
 */
public record Stage(Path root, Path home, Slabs slabs, Consumer<String> progress) {
    /** Where the servers of a contestant live: each has its own. */
    public Place place(String contestant) {
        Path folder = home.resolve(contestant);
        return new Place(root.resolve(".millrace/binaries"), folder, folder.resolve("logs"));
    }
}
