package dev.millrace.local.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each user of {@code users.acl} must not do is tried on a real server. That each may do what it must is the whole path's to show. */
class RedisUsersIT {
    private static final String CTL = "{p00an}:ctl";
    private static final List<String> USERS = List.of(RedisUsers.INGEST, RedisUsers.WORKER, RedisUsers.LEDGER);

    @TempDir
    private static Path home;

    private static RedisServer redis;

    @BeforeAll
    static void start() throws IOException {
        Map<String, String> passwords = new TreeMap<>();
        USERS.forEach(user -> passwords.put(user, "secret-of-" + user));
        redis = RedisServer.start(TestPlace.in(home), 0, Durability.RELAXED, new RedisUsers(passwords), line -> {});
        for (String key : List.of("catalog", "{catalog}:revision", "another")) {
            assertThat(redis.line().ask("SET " + key + " 1")).isEqualTo("+OK");
        }
        assertThat(redis.line().ask("HSET " + CTL + " epoch 1")).isEqualTo(":1");
    }

    @AfterAll
    static void stop() {
        redis.stop();
    }

    /** The last line of two answers. */
    private static String ask(String user, String command) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port());
                BufferedReader answers =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            socket.setSoTimeout(2_000);
            socket.getOutputStream()
                    .write("AUTH %s secret-of-%s\r\n%s\r\n"
                            .formatted(user, user, command)
                            .getBytes(StandardCharsets.UTF_8));
            assertThat(answers.readLine()).isEqualTo("+OK");
            return String.valueOf(answers.readLine());
        }
    }

    private static void refused(String user, String command) throws IOException {
        assertThat(ask(user, command)).as("%s: %s", user, command).startsWith("-NOPERM");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ingest", "worker", "ledger"})
    void nobodyRulesTheServer(String user) throws IOException {
        for (String command : List.of(
                "FLUSHALL",
                "FLUSHDB",
                "SWAPDB 0 1",
                "CONFIG SET maxmemory 1",
                "CONFIG REWRITE",
                "CONFIG RESETSTAT",
                "KEYS *",
                "RANDOMKEY",
                "DBSIZE",
                "SCRIPT FLUSH",
                "SCRIPT KILL",
                "SCRIPT LOAD x",
                "FUNCTION LIST",
                "FCALL f 0",
                "SHUTDOWN NOSAVE",
                "SAVE",
                "BGSAVE",
                "BGREWRITEAOF",
                "REPLICAOF 127.0.0.1 1",
                "FAILOVER",
                "CLUSTER RESET",
                "CLUSTER NODES",
                "PSYNC ? -1",
                "MONITOR",
                "SLOWLOG GET",
                "LATENCY RESET",
                "MEMORY DOCTOR",
                "MODULE LIST",
                "ACL LIST",
                "ACL SETUSER x on",
                "CLIENT LIST",
                "CLIENT KILL TYPE normal",
                "CLIENT PAUSE 1",
                "CLIENT NO-EVICT on",
                "COMMAND COUNT",
                "SUBSCRIBE x",
                "PUBLISH x y",
                "MULTI",
                "WATCH x",
                "MIGRATE 127.0.0.1 1 x 0 1",
                "MOVE x 1",
                "DUMP x",
                "RESTORE x 0 y",
                "OBJECT ENCODING x",
                "OBJECT FREQ x",
                "SORT x",
                "COPY a b",
                "PERSIST " + CTL,
                "LPUSH {p00an}:x 1",
                "SADD {p00an}:x 1",
                "APPEND {p00an}:x 1",
                "INCR {p00an}:x",
                "GETDEL catalog",
                "SETEX catalog 1 1",
                "GET another",
                "EVAL return 1 another")) {
            refused(user, command);
        }
        // Redis refuses DEBUG to everybody before it looks at the user.
        assertThat(redis.line().ask("ACL DRYRUN %s DEBUG SLEEP 0".formatted(user)))
                .startsWith("$");
        assertThat(redis.line().ask("ACL DRYRUN %s PING".formatted(user))).isEqualTo("+OK");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "ingest | GET another",
                "ingest | SET catalog 2",
                "ingest | SET {catalog}:revision 2",
                "ingest | EVAL return(1) 1 catalog",
                "ingest | DEL catalog",
                "ingest | DEL {p00an}:ctl",
                "ingest | UNLINK {p00an}:earn:1",
                "ingest | RENAME {p00an}:earn:1 {p00an}:earn:2",
                "ingest | EXPIRE {p00an}:ctl 1",
                "ingest | XTRIM {p00an}:log:short MAXLEN 0",
                "ingest | HDEL {p00an}:ctl epoch",
                "ingest | HSET {p00an}:quarantine:2:earn:1 a 1",
                "ingest | HSET {p00an}:folded:1 a 1",
                "ingest | HSET {p00an}:spent a 1",
                "ingest | GET {p00an}:visitor-key:1",
                "ingest | DEL {p00an}:visitor-key:1",
                "ingest | SET {p00an}:visitors:1:2 1",
                "ingest | DEL {p00an}:visitors:1:2",
                "ingest | SMEMBERS {p00an}:visitors:1:2",
                "ingest | DEL {p00an}:verdicts:1:demo",
                "ingest | SMEMBERS {p00an}:verdicts:1",
                "ingest | SREM {p00an}:verdicts:1 demo",
                "ingest | HINCRBY {p00an}:verdicts:1:demo a 1",
                "ingest | HDEL {p00an}:verdicts:1:demo a",
                "ingest | DEL {p00an}:last:demo.1",
                "ingest | GET {p00an}:last:demo.1",
                "ingest | SCAN 0",
                "ingest | HGETALL {p00an}:ctl",
                "worker | SET catalog 2",
                "worker | DEL catalog",
                "worker | EXPIRE catalog 1",
                "worker | RENAME catalog {p00an}:x",
                "worker | RENAME {p00an}:x catalog",
                "worker | XADD {p00an}:log:short * f 1",
                "worker | SADD {p00an}:verdicts:1 demo",
                "worker | SREM {p00an}:verdicts:1 demo",
                "worker | HINCRBYFLOAT {p00an}:earn:1 a 1",
                "ledger | HSET {p00an}:ctl epoch 2",
                "ledger | SET {p00an}:ctl 2",
                "ledger | DEL {p00an}:ctl",
                "ledger | DEL catalog",
                "ledger | EVAL return(1) 1 {p00an}:ctl",
                "ledger | CONFIG GET maxmemory",
                "ledger | SCAN 0",
                "ledger | HGETALL {p00an}:ctl",
                "ledger | HGETALL {p00an}:verdicts:1:demo",
                "ledger | HSET {p00an}:last:demo.1 a 1",
                "ledger | HDEL {p00an}:last:demo.1 a",
                "ledger | XRANGE {p00an}:log:short - +",
                "ledger | WAIT 1 1"
            })
    void noUserDoesAnothersWork(String user, String command) throws IOException {
        refused(user, command);
    }

    /** What a script does counts as done by its user. */
    @ParameterizedTest
    @CsvSource({
        "ingest, redis.call('FLUSHALL')",
        "ingest, 'redis.call(''SET'',''catalog'',''2'')'",
        "ingest, 'redis.call(''DEL'',KEYS[1])'",
        "worker, 'redis.call(''SET'',''catalog'',''2'')'",
        "worker, 'redis.call(''CONFIG'',''SET'',''maxmemory'',''1'')'",
        "ledger, 'redis.call(''HSET'',''{p00an}:ctl'',''epoch'',''2'')'"
    })
    void aScriptMayDoNoMore(String user, String script) throws IOException {
        String key = user.equals("ledger") ? "catalog" : CTL;
        assertThat(ask(user, "EVAL \"return %s\" 1 %s".formatted(script, key)))
                .as("%s: %s", user, script)
                .startsWith("-")
                .containsPattern(
                        "NOPERM|can't run this command|can't access at least one of the keys|No permissions|not allowed from script");
    }

    @Test
    void theDefaultUserIsAsWithoutTheOthersAndAWrongPasswordIsNone() throws IOException {
        assertThat(redis.line().ask("GET another")).isEqualTo("$1");
        assertThat(redis.line().ask("AUTH ingest secret-of-worker")).startsWith("-WRONGPASS");
        Path file = home.resolve("redis/users.acl");
        List<Path> found = new ArrayList<>();
        try (var files = Files.walk(home)) {
            files.filter(path -> path.endsWith("users.acl")).forEach(found::add);
        }
        assertThat(found).as(file.toString()).hasSize(1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(found.getFirst())))
                .isEqualTo("rw-------");
        assertThat(Files.readString(found.getFirst())).doesNotContain("secret-of");
    }

    /** A server that does not know a command refuses the whole file. */
    @Test
    void whatIsNewIn72IsLeftOutBefore() {
        RedisUsers users = new RedisUsers(Map.of("worker", "x"));
        assertThat(users.file("7.0.15"))
                .contains("+wait ")
                .doesNotContain("+waitaof")
                .doesNotContain("setinfo");
        for (String version : List.of("7.2.0", "7.4.1", "8.0.0")) {
            assertThat(users.file(version)).contains("+waitaof ").contains("+client|setinfo ");
        }
    }

    /** The users of compose and k8s: those above, an operator, and a default user who may ask whether the server lives. */
    @Test
    void whatIsDeployedHasTheSameUsersAndADefaultUserWhoMayDoNothing(@TempDir Path deployed) throws Exception {
        ProcessBuilder script = new ProcessBuilder(
                        "bash", Path.of("../deploy/redis/acl").toAbsolutePath().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        for (String user : List.of("ingest", "worker", "ledger", "operator")) {
            script.environment().put("REDIS_" + user.toUpperCase(Locale.ROOT) + "_PASSWORD", "secret-of-" + user);
        }
        Process process = script.start();
        String file = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        Map<String, String> passwords = new TreeMap<>();
        USERS.forEach(user -> passwords.put(user, "secret-of-" + user));
        RedisUsers users = new RedisUsers(passwords);
        assertThat(file.lines().filter(line -> USERS.stream().anyMatch(user -> line.startsWith("user " + user))))
                .containsExactlyElementsOf(users.file("7.2.0").lines().skip(1).toList());

        RedisServer server = RedisServer.start(TestPlace.in(deployed), 0, Durability.RELAXED, users, line -> {});
        try (Stream<Path> files = Files.walk(deployed)) {
            Path acl =
                    files.filter(path -> path.endsWith("users.acl")).findFirst().orElseThrow();
            Files.writeString(acl, file.replaceAll(" \\+(waitaof|client\\|setinfo)", "")); // which 7.0 does not know
            assertThat(server.line().ask("ACL LOAD")).isEqualTo("+OK");
            assertThat(server.line().ask("PING")).isEqualTo("+PONG");
            for (String command :
                    List.of("GET catalog", "INFO", "CONFIG GET maxmemory", "ACL LIST", "FLUSHALL", "SHUTDOWN")) {
                assertThat(server.line().ask(command)).as(command).startsWith("-NOPERM");
            }
            assertThat(server.line().ask("AUTH operator secret-of-operator")).isEqualTo("+OK");
        } finally {
            server.stop();
        }
    }
}
