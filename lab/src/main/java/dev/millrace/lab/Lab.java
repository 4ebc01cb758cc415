package dev.millrace.lab;

import dev.millrace.lab.bench.BenchCommand;
import dev.millrace.lab.filters.FiltersCommand;
import dev.millrace.lab.overload.OverloadCommand;
import dev.millrace.lab.proxy.ProxyCommand;
import dev.millrace.lab.scale.ScaleCommand;
import dev.millrace.lab.torture.TortureCommand;
import dev.millrace.local.command.Shell;
import dev.millrace.local.command.Terminal;
import java.util.Locale;

/** The part of the command line that proves things. Exit codes are those of {@link dev.millrace.local.Millrace}. */
public final class Lab {
    private Lab() {}

    /** System properties, set by the script: {@code millrace.root}, {@code millrace.columns}. */
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT); // Figures look the same on every machine.
        Terminal terminal = Terminal.ofThisProcess();
        System.setOut(System.err); // What libraries have to say must not stand among results.
        System.exit(new Shell(terminal)
                .with(new TortureCommand(terminal))
                .with(new BenchCommand(terminal))
                .with(new OverloadCommand(terminal))
                .with(new ScaleCommand(terminal))
                .with(new FiltersCommand(terminal))
                .with(new ProxyCommand(terminal))
                .run(arguments));
    }
}
