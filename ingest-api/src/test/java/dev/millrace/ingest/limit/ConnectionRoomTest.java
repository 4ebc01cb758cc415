package dev.millrace.ingest.limit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectionRoomTest {
    @ParameterizedTest
    @CsvSource({"0,256", "128,256", "384,2184", "1024,7645", "1000000000,2147483647"})
    void connectionsFitTheHeap(long mebibytes, int connections) {
        assertThat(ConnectionRoom.in(mebibytes << 20)).isEqualTo(connections);
    }
}
