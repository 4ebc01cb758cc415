package dev.millrace.lab.overload;

/**
 * Memory of ingest-api during a run, in MiB.
 *
 * @param begin resident when it began
 * @param half most that was resident in the first half of the level
 * @param most resident while it lasted
 * @param end resident when it was over
 * @param live of its heap, when it was over: what a collection of all of it leaves
 */
record Memory(long begin, long half, long most, long end, long live) {}
