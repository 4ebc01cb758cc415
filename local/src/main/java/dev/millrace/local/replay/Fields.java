package dev.millrace.local.replay;

/**
 * Takes the fields of a log line from left to right. Once a field is not there the line is broken, and every further
 * field is empty. Not thread-safe.
 */
final class Fields {
    private final String line;
    private int position;
    private boolean broken;

    Fields(String line) {
        this.line = line;
    }

    boolean broken() {
        return broken;
    }

    /** What comes before this delimiter; goes on behind it. */
    String until(String delimiter) {
        int end = broken ? -1 : line.indexOf(delimiter, position);
        if (end < 0) {
            broken = true;
            return "";
        }
        String field = line.substring(position, end);
        position = end + delimiter.length();
        return field;
    }

    /**
     * What stands between two double quotes, where a backslash escapes the character behind it; the closing one is
     * followed by a space or the line's end. An empty field is given back as {@code -}, as servers write it.
     */
    String quoted() {
        int end = broken ? -1 : closingQuote();
        if (end < 0 || (end + 1 < line.length() && line.charAt(end + 1) != ' ')) {
            broken = true;
            return "";
        }
        String field = line.substring(position + 1, end);
        position = Math.min(end + 2, line.length());
        return field.isEmpty() ? "-" : field;
    }

    private int closingQuote() {
        if (position >= line.length() || line.charAt(position) != '"') {
            return -1;
        }
        for (int i = position + 1; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"') {
                return i;
            }
            if (c == '\\') {
                i++;
            }
        }
        return -1;
    }
}
