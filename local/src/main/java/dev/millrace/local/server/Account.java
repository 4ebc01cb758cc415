package dev.millrace.local.server;

import com.sun.security.auth.module.UnixSystem;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.process.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Under which account Postgres runs: it refuses to as root.
 *
 * <p>As an ordinary user it simply runs as that user. As root, a user namespace without any mapping is enough: inside it,
 * root and the owner of root's files are the overflow user 65534 ("nobody"). Where the kernel or a container forbids user
 * namespaces, Postgres really becomes user 65534, which is given the data folder.
 */
enum Account {
    OURS(""),
    USER_NAMESPACE("unshare -U"),
    NOBODY("setpriv --reuid=65534 --regid=65534 --clear-groups");

    private static final int NOBODY_UID = 65534;

    private final String prefix;

    Account(String prefix) {
        this.prefix = prefix;
    }

    /** @throws CommandException when we are root and neither way works */
    static Account choose() {
        return !isRoot()
                ? OURS
                : Stream.of(USER_NAMESPACE, NOBODY)
                        .filter(Account::works)
                        .findFirst()
                        .orElseThrow(() -> CommandException.failed(
                                "Postgres refuses to run as root, and neither `unshare -U` nor `setpriv` (util-linux)"
                                        + " can change that here: run as an ordinary user"));
    }

    static boolean isRoot() {
        return new UnixSystem().getUid() == 0;
    }

    /** The command as this account runs it; the pid stays that of the process started. */
    List<String> command(List<String> command) {
        return Stream.concat(prefix(), command.stream()).toList();
    }

    private Stream<String> prefix() {
        return Stream.of(prefix.split(" ", -1)).filter(word -> !word.isEmpty());
    }

    /** Makes the account the owner of a folder and everything in it. */
    void own(Path folder) throws IOException {
        if (isRoot()) {
            Folders.give(folder, this == NOBODY ? NOBODY_UID : 0);
        }
    }

    boolean works() {
        if (prefix().findFirst().flatMap(Programs::onPath).isEmpty() && this != OURS) {
            return false;
        }
        try {
            Process probe = new ProcessBuilder(command(List.of("true")))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return probe.waitFor(10, TimeUnit.SECONDS) && probe.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
