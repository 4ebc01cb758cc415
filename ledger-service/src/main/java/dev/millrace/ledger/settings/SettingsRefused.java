package dev.millrace.ledger.settings;

/** The service does not start with this configuration. The message says what to set and never holds a secret. */
public final class SettingsRefused extends RuntimeException {
    public SettingsRefused(String message) {
        super(message);
    }
}
