package dev.millrace.lab.stack;

/**
 * What remembering an identity takes.
 *
 * @param logs in Redis
 * @param indexBytes in a node
 * @param indexed identities that the node's index holds
 */
public record MemoryOfIdentities(LogMemory logs, long indexBytes, long indexed) {
    public double redisBytesEach() {
        return each(logs.bytes(), logs.identities());
    }

    public double indexBytesEach() {
        return each(indexBytes, indexed);
    }

    @Override
    public String toString() {
        return "%,d identities in the logs, %.1f bytes of Redis each; %,d in the node's index, %.1f bytes each"
                .formatted(logs.identities(), redisBytesEach(), indexed, indexBytesEach());
    }

    private static double each(long bytes, long identities) {
        return identities == 0 ? 0 : (double) bytes / identities;
    }
}
