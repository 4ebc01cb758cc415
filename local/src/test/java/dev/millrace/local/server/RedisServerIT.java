package dev.millrace.local.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.local.process.CommandException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisServerIT {
    @TempDir
    private Path home;

    private RedisServer redis;
    private RedisLine line;

    @BeforeEach
    void start() {
        redis = RedisServer.start(TestPlace.in(home), 0, Durability.ALWAYS);
        line = redis.line();
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    @Test
    void whatWasAcknowledgedSurvivesAKill() throws Exception {
        assertThat(line.ask("SET paid 7")).isEqualTo("+OK");
        redis.kill();
        redis.restart();
        assertThat(line.ask("INCR paid")).isEqualTo(":8");
    }

    @Test
    void hasTheSettingsThatMillraceAsksFor() throws Exception {
        assertThat(line.ask("CONFIG SET appendfsync always")).isEqualTo("+OK");
        assertThat(setting("appendonly")).isEqualTo("yes");
        assertThat(setting("appendfsync")).isEqualTo("always");
        assertThat(setting("maxmemory-policy")).isEqualTo("noeviction");
        assertThat(setting("hash-max-listpack-entries")).isEqualTo("32");
        assertThat(setting("stream-node-max-entries")).isEqualTo("1000");
        assertThat(setting("save")).isEmpty();
        assertThat(setting("bind")).isEqualTo("127.0.0.1");
    }

    @Test
    void aFrozenServerAcceptsButDoesNotAnswer() throws Exception {
        redis.freeze();
        assertThatThrownBy(() -> line.ask("PING", 200)).isInstanceOf(SocketTimeoutException.class);
        redis.resume();
        assertThat(line.ask("PING")).isEqualTo("+PONG");
    }

    @Test
    void stopsByItselfAlsoWhenFrozen() {
        redis.freeze();
        assertThat(redis.stop()).isTrue();
        assertThat(redis.isAlive()).isFalse();
    }

    @Test
    void aTakenPortIsNamed() {
        assertThatThrownBy(
                        () -> RedisServer.start(TestPlace.in(home.resolve("second")), redis.port(), Durability.RELAXED))
                .isInstanceOf(CommandException.class)
                .hasMessage("port " + redis.port() + " for redis is taken");
    }

    @Test
    void anInstalledServerMustRunAndSayItsVersion() {
        Path embedded = new Binaries(TestPlace.in(home).binaries()).redis().resolve("redis-server");
        assertThat(RedisServer.version(embedded)).contains("7.0.15");
        assertThat(RedisServer.version(Path.of("/bin/true"))).isEmpty();
        assertThat(RedisServer.version(Path.of("/no/such/redis-server"))).isEmpty();
    }

    private String setting(String name) throws Exception {
        return new RedisReply("127.0.0.1", redis.port()).config(name);
    }
}
