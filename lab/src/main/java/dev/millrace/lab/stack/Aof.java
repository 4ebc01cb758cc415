package dev.millrace.lab.stack;

import java.util.Locale;

/** When Redis writes its append-only file to the disk. */
public enum Aof {
    /** There is no such file. */
    OFF,
    /** Once a second: a crash of the machine loses up to so much. */
    EVERYSEC,
    /** Before it answers. */
    ALWAYS;

    /** The one that options name so. */
    public static Aof named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** As options and results name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
