package dev.millrace.local.server;

import com.sun.security.auth.module.UnixSystem;
import dev.millrace.local.process.Programs;
import dev.millrace.local.process.StartFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Under which account Postgres runs: it refuses to as root.
 *
 * <p>As an ordinary user it simply runs as that user. As root, a user namespace without any mapping is enough: inside
 * it, root is the overflow user 65534 ("nobody"), and so is the owner of root's files, which therefore stay root's.
 * Where the kernel or a container forbids user namespaces, it really becomes user 65534, and the data folder is given
 * to that user.
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

    /** @throws StartFailure when we are root and neither way works */
    static Account choose() {
        if (!isRoot()) {
            return OURS;
        }
        if (USER_NAMESPACE.works()) {
            return USER_NAMESPACE;
        }
        if (NOBODY.works()) {
            return NOBODY;
        }
        throw new StartFailure("Postgres refuses to run as root, and neither `unshare -U` nor `setpriv` (util-linux)"
                + " can change that here: run as an ordinary user");
    }

    static boolean isRoot() {
        return new UnixSystem().getUid() == 0;
    }

    /** The command as this account runs it; the pid stays that of the process started. */
    List<String> command(List<String> command) {
        List<String> whole = new ArrayList<>(prefix());
        whole.addAll(command);
        return whole;
    }

    /** Makes the account the owner of a folder and everything in it. */
    void own(Path folder) throws IOException {
        if (this == NOBODY) {
            Folders.give(folder, NOBODY_UID);
        } else if (isRoot()) {
            Folders.give(folder, 0);
        }
    }

    boolean works() {
        if (!prefix.isEmpty() && Programs.onPath(prefix().getFirst()).isEmpty()) {
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

    private List<String> prefix() {
        return prefix.isEmpty() ? List.of() : List.of(prefix.split(" ", -1));
    }
}
