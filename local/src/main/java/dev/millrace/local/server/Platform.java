package dev.millrace.local.server;

import dev.millrace.local.process.StartFailure;
import java.util.Locale;

/**
 * The kind of machine, as far as binaries differ by it.
 *
 * @param system {@code linux} or {@code darwin}
 * @param arm 64-bit Arm rather than x86-64
 */
record Platform(String system, boolean arm) {
    static Platform current() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static Platform of(String osName, String osArch) {
        String system = osName.toLowerCase(Locale.ROOT);
        return switch (osArch) {
            case "aarch64" -> new Platform(system(system), true);
            case "amd64", "x86_64" -> new Platform(system(system), false);
            default -> throw unsupported(osName, osArch);
        };
    }

    private static String system(String osName) {
        if (osName.startsWith("linux")) {
            return "linux";
        }
        if (osName.startsWith("mac")) {
            return "darwin";
        }
        throw unsupported(osName, System.getProperty("os.arch"));
    }

    private static StartFailure unsupported(String osName, String osArch) {
        return new StartFailure("no embedded server binaries for " + osName + " on " + osArch
                + ": they exist for Linux and macOS on x86-64 and 64-bit Arm");
    }
}
