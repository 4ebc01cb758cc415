package dev.millrace.local;

import dev.millrace.local.command.CheckCommand;
import dev.millrace.local.command.KeyCommand;
import dev.millrace.local.command.MintCommand;
import dev.millrace.local.command.ScriptCommand;
import dev.millrace.local.command.Shell;
import dev.millrace.local.command.Terminal;
import dev.millrace.local.command.TokenCommand;
import dev.millrace.local.demo.DemoCommand;
import dev.millrace.local.replay.ReplayCommand;
import dev.millrace.local.up.MigrateCommand;
import dev.millrace.local.up.ReconcileOnStack;
import dev.millrace.local.up.UpCommand;
import java.util.Locale;

/**
 * The command line. Exit code 0 is success, 1 a failure that a message on standard error explains, 2 wrong usage or an
 * environment that can't be used.
 */
public final class Millrace {
    private Millrace() {}

    /** System properties, set by the script: {@code millrace.root}, {@code millrace.columns}. */
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT); // Figures look the same on every machine.
        Terminal terminal = Terminal.ofThisProcess();
        int code = new Shell(terminal)
                .with(new UpCommand(terminal))
                .with(new DemoCommand(terminal))
                .with(new KeyCommand(terminal))
                .with(new TokenCommand(terminal))
                .with(new MintCommand(terminal))
                .with(new CheckCommand(terminal))
                .with(new ScriptCommand(terminal))
                .with(new ReplayCommand(terminal))
                .with(new ReconcileOnStack(terminal))
                .with(new MigrateCommand(terminal))
                .run(arguments);
        System.exit(code);
    }
}
