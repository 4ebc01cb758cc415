package dev.millrace.lab.link;

/** Which way bytes go through a link. */
public enum Direction {
    /** From who connects to who listens. */
    REQUEST,
    REPLY
}
