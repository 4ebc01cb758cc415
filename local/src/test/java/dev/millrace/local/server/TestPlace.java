package dev.millrace.local.server;

import java.nio.file.Path;

/** Data and logs of one test, binaries shared by all. */
final class TestPlace {
    private TestPlace() {}

    static Place in(Path home) {
        return new Place(Path.of("target/binaries"), home, home.resolve("logs"));
    }
}
