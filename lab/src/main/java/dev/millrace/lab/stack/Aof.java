package dev.millrace.lab.bench;

import java.util.Locale;

/** When Redis writes its append-only file to the disk. */
enum Aof {
    /** There is no such file. */
    OFF,
    /** Once a second: a crash of the machine loses up to so much. */
    EVERYSEC,
    /** Before it answers. */
    ALWAYS;

    /** The one that options name so. */
    static Aof named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** As options and results name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
