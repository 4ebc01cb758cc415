package dev.millrace.lab.report;

import dev.millrace.local.process.CommandException;
import java.io.PrintWriter;
import java.io.StringWriter;

/** What people are shown of an exception. */
public final class StackTrace {
    private StackTrace() {}

    /** The message where it is meant for people, otherwise everything. */
    public static String of(Throwable failure) {
        if (failure instanceof CommandException) {
            return String.valueOf(failure.getMessage());
        }
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
