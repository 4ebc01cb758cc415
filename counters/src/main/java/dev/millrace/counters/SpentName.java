package dev.millrace.counters;

import java.time.LocalDate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The field of an earn hash with what was counted of a publisher's events on a day: {@code $<day>|<publisher>}.
 *
 * @param day UTC, by Redis' clock
 */
public record SpentName(LocalDate day, String publisher) {
    private static final Pattern FORM = Pattern.compile("\\$(0|[1-9][0-9]{0,6})\\|([a-z0-9-]{1,32})");

    public String field() {
        return "$" + day.toEpochDay() + "|" + publisher;
    }

    /** Whether a field claims to be one: no creator's begins so. */
    static boolean isOne(String field) {
        return field.startsWith("$");
    }

    static SpentName parse(String field) throws MalformedCountersException {
        Matcher matcher = FORM.matcher(field);
        if (!matcher.matches()) {
            throw new MalformedCountersException("earn field '%s' is not $<day>|<publisher>".formatted(field));
        }
        return new SpentName(LocalDate.ofEpochDay(Integer.parseInt(matcher.group(1))), matcher.group(2));
    }
}
