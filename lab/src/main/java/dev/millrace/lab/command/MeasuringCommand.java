package dev.millrace.lab.command;

import dev.millrace.lab.stack.RunHome;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.command.Terminal;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** A command that measures and prints a report. Ctrl-C ends it with a report of the results so far. */
public abstract class MeasuringCommand extends LabCommand {
    @Option(names = "--json", description = "Print one JSON object and nothing else; progress goes to standard error.")
    private boolean json;

    protected MeasuringCommand(Terminal terminal) {
        super(terminal);
    }

    /** Starts servers, measures, and stops them. */
    @FunctionalInterface
    protected interface Measurement {
        void run(Stage stage) throws Exception;
    }

    /**
     * Returns the exit code: 0 when something was measured and nothing is wrong.
     *
     * @param soFar the report so far; any thread may ask at any time
     */
    protected final int measure(long seed, ProgressPrinter progress, Supplier<Report> soFar, Measurement measurement)
            throws Exception {
        return run(seed, () -> interrupted(soFar.get()), home -> {
            try (progress) {
                measurement.run(new Stage(terminal.root(), home, progress::step));
            }
            Report report = soFar.get();
            return new RunHome.Ending(report.isGood(), () -> print(report));
        });
    }

    private RunHome.Ending interrupted(Report soFar) {
        if (soFar.text().isEmpty() && soFar.failures().isEmpty()) {
            return RunHome.Ending.interrupted(terminal, "nothing was measured");
        }
        return new RunHome.Ending(soFar.failures().isEmpty(), () -> {
            print(soFar);
            terminal.err().println("interrupted: everything is stopped; the report is of what was measured until then");
        });
    }

    private void print(Report report) {
        terminal.out().print(json ? report.json() + "\n" : report.toString());
        if (json) {
            report.failures().forEach(terminal.err()::println);
        }
    }
}
