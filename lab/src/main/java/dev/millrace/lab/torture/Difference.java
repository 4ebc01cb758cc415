package dev.millrace.lab.torture;

/**
 * Something that is not as it must be.
 *
 * @param what it is about
 * @param expected what must be
 * @param found what is
 */
record Difference(String what, String expected, String found) {
    Difference(String what, String expected, long found) {
        this(what, expected, Long.toString(found));
    }

    @Override
    public String toString() {
        return what + ": expected " + expected + ", found " + found;
    }
}
