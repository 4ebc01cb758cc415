package dev.millrace.local.server;

import com.sun.security.auth.module.UnixSystem;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Under which account Postgres runs: it refuses to as root.
 *
 * <p>As an ordinary user it simply runs as that user. As root, a user namespace without any mapping is enough: inside it,
 * root and the owner of root's files are the overflow user 65534 ("nobody"). Where the kernel or a container forbids user
 * namespaces, Postgres really becomes user 65534, which is given the data folder.
 */
enum Account {
    OURS,
    USER_NAMESPACE,
    NOBODY;

    private static final int NOBODY_UID = 65534;

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

    boolean works() {
        return Programs.output(command(List.of("true"))).isPresent();
    }

    /** The command as this account runs it; the pid stays that of the process started. */
    List<String> command(List<String> command) {
        List<String> prefix = switch (this) {
            case OURS -> List.of();
            case USER_NAMESPACE -> List.of("unshare", "-U");
            case NOBODY -> List.of("setpriv", "--reuid=" + NOBODY_UID, "--regid=" + NOBODY_UID, "--clear-groups");
        };
        return Stream.concat(prefix.stream(), command.stream()).toList();
    }

    /** Makes the account the owner of a file, or of a folder and everything in it; only root can. */
    void own(Path tree) throws IOException {
        if (isRoot()) {
            int uid = this == NOBODY ? NOBODY_UID : 0;
            try (Stream<Path> paths = Files.walk(tree)) {
                for (Path path : paths.toList()) {
                    Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
                    Files.setAttribute(path, "unix:gid", uid, LinkOption.NOFOLLOW_LINKS);
                }
            }
        }
    }
}
