package dev.millrace.service;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectionRoomTest {
    @ParameterizedTest
    @CsvSource({"0,256", "128,256", "384,2048", "1024,7168", "1000000000,2147483647"})
    void connectionsFitTheHeap(long mebibytes, int connections) {
        assertThat(ConnectionRoom.in(mebibytes << 20)).isEqualTo(connections);
    }
}
