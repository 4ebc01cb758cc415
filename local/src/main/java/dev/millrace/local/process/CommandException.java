package dev.millrace.local.process;

import org.jspecify.annotations.Nullable;

/** Ends a command. The message tells the person at the terminal what went wrong and what helps. */
public final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final int FAILED = 1;
    private static final int WRONG_CALL = 2;

    private final int exitCode;

    private CommandException(int exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** Something could not be done; exit code 1. */
    public static CommandException failed(String message) {
        return new CommandException(FAILED, message, null);
    }

    /** The same with what caused it. */
    public static CommandException failed(String message, Throwable cause) {
        return new CommandException(FAILED, message, cause);
    }

    /** Arguments or environment can't be used as they are; the message names the value and the remedy. Exit code 2. */
    public static CommandException wrongCall(String message) {
        return new CommandException(WRONG_CALL, message, null);
    }

    /** 1 for a failure, 2 for a wrong call. */
    public int exitCode() {
        return exitCode;
    }
}
