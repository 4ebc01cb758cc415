package dev.millrace.counters;

import dev.millrace.local.testing.RealServers;
import org.junit.jupiter.api.BeforeEach;

/** Tests in one partition of a real Redis, which is empty but for it before each: its first epoch is open. */
abstract class OnePartition extends OnRedis {
    TestPartition partition;
    TestNode node;

    /** A second that is known, however slow the test is. */
    long now;

    private final Partition number;

    OnePartition(Partition number) {
        this.number = number;
    }

    @BeforeEach
    void open() {
        RealServers.flushRedis();
        partition = new TestPartition(redis, number).open();
        node = new TestNode(partition);
        now = partition.knownSecond();
    }
}
