package dev.millrace.local.settings;

/** The environment can't be used as it is; the message names the variable, its value and the remedy. */
public final class SettingsFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SettingsFailure(String message) {
        super(message);
    }
}
