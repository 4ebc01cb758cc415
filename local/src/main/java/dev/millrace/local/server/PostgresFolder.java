package dev.millrace.local.server;

import dev.millrace.local.process.CommandException;
import dev.millrace.local.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The folder that one Postgres lives in: {@code data/}, and {@code password} beside it.
 *
 * <p>The data folder appears whole or not at all: {@code initdb} works in {@code data.unfinished}, which is renamed. All
 * logins are checked with SCRAM against one random password, which only the folder's owner can read. Other users of the
 * machine reach the port, but not the data.
 */
record PostgresFolder(Path root, Path binaries, Account account, Path log) {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int PASSWORD_BYTES = 18;

    /** Rounds of hashing that a login takes where nothing is durable: tests connect thousands of times. The default is 4,096. */
    private static final int QUICK_LOGINS = 1;

    Path data() {
        return root.resolve("data");
    }

    /** Creates data and password where they are missing and checks that the binaries understand the data; the password. */
    String prepare(Durability durability) {
        try {
            String password = Folders.secret(root.resolve("password"), PASSWORD_BYTES);
            if (Files.isDirectory(data())) {
                checkVersion();
                account.own(data());
            } else {
                create(durability);
            }
            return password;
        } catch (IOException e) {
            throw CommandException.failed("can't prepare the Postgres folder " + root + ": " + e.getMessage(), e);
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
            initdb(unfinished, pwfile, durability);
        } finally {
            Files.deleteIfExists(pwfile);
        }
        Files.move(unfinished, data(), StandardCopyOption.ATOMIC_MOVE);
    }

    private void initdb(Path folder, Path pwfile, Durability durability) {
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
        ServerProcess initdb = new ServerProcess(
                new ServerProcess.Plan("initdb", account.command(command), Map.of("LC_ALL", "C"), binaries, log));
        initdb.start();
        if (!initdb.awaitExit(PATIENCE)) {
            initdb.kill();
        }
        int code = initdb.exit().join();
        if (code != 0) {
            throw CommandException.failed("initdb ended with exit code " + code + "; its output:\n"
                    + initdb.lastLogLines(ServerProcess.LOG_LINES));
        }
    }

    private void checkVersion() throws IOException {
        String found = Files.readString(data().resolve("PG_VERSION")).strip();
        String ours = binaries.getFileName().toString().replaceAll("^postgres-(\\d+).*", "$1");
        if (!found.equals(ours)) {
            throw CommandException.failed("the data in " + data() + " belongs to Postgres " + found
                    + ", but the binaries are Postgres " + ours
                    + ": set MILLRACE_HOME to another folder, or move this one away");
        }
    }
}
