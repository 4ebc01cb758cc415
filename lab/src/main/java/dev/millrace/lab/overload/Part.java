package dev.millrace.lab.overload;

/** What a run consists of. */
enum Part {
    LEVELS,
    FLOOD
}
