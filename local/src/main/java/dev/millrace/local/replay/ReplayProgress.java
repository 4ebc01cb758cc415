package dev.millrace.local.replay;

/** Shows how far a replay has come. Called by the reading thread only. */
public interface ReplayProgress extends AutoCloseable {
    /**
     * @param bytes of the file that have been read
     * @param counts so far
     */
    void at(long bytes, ReplayCounts counts);

    /** Nothing more comes. */
    @Override
    void close();
}
