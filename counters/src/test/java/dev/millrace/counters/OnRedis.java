package dev.millrace.counters;

import dev.millrace.local.testing.RealServers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Tests with a connection to a real Redis. */
abstract class OnRedis {
    static TestRedis redis;

    @BeforeAll
    static void connect() {
        redis = new TestRedis(RealServers.redisUrl());
    }

    @AfterAll
    static void disconnect() {
        redis.close();
    }
}
