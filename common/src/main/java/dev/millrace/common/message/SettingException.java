package dev.millrace.common.message;

/** A process does not start with this setting. The message names its variable, the mistake and the remedy, and never holds a secret. */
public final class SettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public SettingException(String message) {
        super(message);
    }

    /**
     * Returns where a setting has at least this value.
     *
     * @param name of the variable that sets it
     * @throws SettingException where it has less
     */
    public static <T extends Comparable<? super T>> void requireAtLeast(String name, T value, T least) {
        if (value.compareTo(least) < 0) {
            throw new SettingException("%s is %s; it takes at least %s".formatted(name, value, least));
        }
    }
}
