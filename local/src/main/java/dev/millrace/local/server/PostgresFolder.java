package dev.millrace.local.server;

import dev.millrace.local.process.Child;
import dev.millrace.local.process.ChildPlan;
import dev.millrace.local.process.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The folder that one Postgres lives in: {@code data/}, and {@code password} beside it.
 *
 * <p>The data folder appears complete or not at all: {@code initdb} works in {@code data.unfinished}, which is renamed.
 * All logins are checked with SCRAM against one random password, which only the folder's owner can read: other users of
 * the machine reach the port, but not the data.
 */
record PostgresFolder(Path root, Path binaries, Account account, Path log) {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int PASSWORD_BYTES = 18;

    /** Rounds of hashing that a login takes where nothing is durable: tests connect thousands of times. The default is 4,096. */
    private static final int QUICK_LOGINS = 1;

    Path data() {
        return root.resolve("data");
    }

    /** The password of every login, made at the first call. */
    String password() throws IOException {
        Path file = root.resolve("password");
        if (!Files.exists(file)) {
            byte[] random = new byte[PASSWORD_BYTES];
            new SecureRandom().nextBytes(random);
            Path unfinished = root.resolve("password.unfinished");
            Files.deleteIfExists(unfinished);
            Files.createFile(
                    unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(unfinished, HexFormat.of().formatHex(random));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readString(file).strip();
    }

    /** Creates the data folder where it is missing, and checks that the binaries understand an existing one. */
    void prepare(Durability durability) {
        try {
            Files.createDirectories(root);
            password();
            if (Files.isDirectory(data())) {
                checkVersion();
                account.own(data());
            } else {
                create(durability);
            }
        } catch (IOException e) {
            throw new StartFailure("can't prepare the Postgres folder " + root + ": " + e.getMessage(), e);
        }
    }

    private void create(Durability durability) throws IOException {
        Path unfinished = root.resolve("data.unfinished");
        Folders.delete(unfinished);
        Files.createDirectory(unfinished);
        Path pwfile = root.resolve("pwfile");
        Files.copy(root.resolve("password"), pwfile, StandardCopyOption.REPLACE_EXISTING);
        account.own(unfinished);
        account.own(pwfile);
        try {
            run(initdb(unfinished, pwfile, durability));
        } finally {
            Files.deleteIfExists(pwfile);
        }
        Files.move(unfinished, data(), StandardCopyOption.ATOMIC_MOVE);
    }

    private List<String> initdb(Path folder, Path pwfile, Durability durability) {
        List<String> command = new ArrayList<>(List.of(
                binaries.resolve("bin/initdb").toString(),
                "--pgdata=" + folder,
                "--username=" + PostgresServer.SUPERUSER,
                "--auth=scram-sha-256",
                "--pwfile=" + pwfile,
                "--encoding=UTF8",
                "--no-locale",
                "--data-checksums"));
        if (durability == Durability.RELAXED) {
            command.addAll(List.of("--no-sync", "--set=scram_iterations=" + QUICK_LOGINS));
        }
        return account.command(command);
    }

    private void run(List<String> command) {
        Child initdb = Child.start(new ChildPlan("initdb", command, Map.of("LC_ALL", "C"), binaries, log));
        if (!initdb.awaitExit(PATIENCE)) {
            initdb.kill();
            throw new StartFailure("initdb did not end within " + PATIENCE.toSeconds() + " s; its output:\n"
                    + initdb.lastLogLines(20));
        }
        int code = initdb.exit().join();
        if (code != 0) {
            throw new StartFailure(
                    "initdb failed with exit code " + code + "; its output:\n" + initdb.lastLogLines(20));
        }
    }

    private void checkVersion() throws IOException {
        String found = Files.readString(data().resolve("PG_VERSION")).strip();
        String ours = binaries.getFileName().toString().replaceAll("^postgres-(\\d+).*", "$1");
        if (!found.equals(ours)) {
            throw new StartFailure("the data in " + data() + " belongs to Postgres " + found
                    + ", but the binaries are Postgres " + ours
                    + ": set MILLRACE_HOME to another folder, or move this one away");
        }
    }
}
