package dev.millrace.common.message;

import java.util.regex.Pattern;

/** A process does not start with this setting. The message names its variable, the mistake and the remedy, and never holds a secret. */
public final class SettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");

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

    /**
     * Returns where a setting has the form of an ISO 4217 code.
     *
     * @param name of the variable that sets it
     * @throws SettingException where it has not
     */
    public static void requireCurrency(String name, String code) {
        if (!CURRENCY.matcher(code).matches()) {
            throw new SettingException("%s '%s' is not a code of three capital letters such as USD"
                    .formatted(name, Printable.abbreviate(code)));
        }
    }
}
