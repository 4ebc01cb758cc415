package dev.millrace.common.token;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a publisher's key: {@code <publisher>.<number>}.
 *
 * @param publisher publisher id, {@code [a-z0-9-]{1,32}}
 * @param number number of the key, from 1
 */
public record Kid(String publisher, int number) {
    /** The form of a publisher id. */
    public static final Pattern PUBLISHER = Pattern.compile("[a-z0-9-]{1,32}");

    private static final Pattern FORM = Pattern.compile("([a-z0-9-]{1,32})\\.([1-9][0-9]{0,8})");

    public Kid {
        if (!PUBLISHER.matcher(publisher).matches()) {
            throw new IllegalArgumentException(
                    "publisher id '%s' is not of the form [a-z0-9-]{1,32}".formatted(publisher));
        }
        if (number < 1) {
            throw new IllegalArgumentException("key number %d is below 1".formatted(number));
        }
    }

    /** The kid in this text, or empty when it is not of the form {@code <publisher>.<number>}. */
    public static Optional<Kid> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        return matcher.matches()
                ? Optional.of(new Kid(matcher.group(1), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return publisher + "." + number;
    }
}
